import { objectOf, optionalText, textOf } from './json.js';
import { isBeyondSeen, notePosition } from './seen.js';
import { INSTANCE, organization, type Scope } from './scope.js';

/** A change of a policy, by any process. */
export interface Changed {
  readonly scope: Scope;
  readonly sequence: number;
}

/** The callbacks for the event stream. */
export interface Listener {
  /** The stream was opened, for the first time or again. */
  readonly opened: () => void;
  readonly changed: (change: Changed) => void;
  /** Changes were missed, or the store was restored: everything must be read again. */
  readonly missed: () => void;
  /** A heartbeat: all changes so far were sent. */
  readonly heard: () => void;
  /** The stream was interrupted. The browser reconnects by itself, unless the state is `over`. */
  readonly broke: (state: 'trying-again' | 'over') => void;
}

/** Follows the event stream. Returns a function that stops this. */
export function followChanges({ opened, changed, missed, heard, broke }: Listener): () => void {
  const source = new EventSource('/iam/v1/changes');
  source.addEventListener('ready', opened);
  // The shown data was read before the stream was open, so it may lack a change.
  source.addEventListener(
    'ready',
    ({ lastEventId }: MessageEvent<unknown>) => {
      if (isBeyondSeen(lastEventId)) missed();
    },
    { once: true },
  );
  source.addEventListener('beat', heard);
  source.addEventListener('reset', missed);
  source.addEventListener('changed', ({ data }: MessageEvent<unknown>) => {
    changed(changedOf(JSON.parse(textOf(data, 'data'))));
  });
  source.addEventListener('error', () => {
    broke(source.readyState === EventSource.CLOSED ? 'over' : 'trying-again');
  });
  return () => {
    source.close();
  };
}

function changedOf(value: unknown): Changed {
  const change = objectOf(value, 'the change');
  notePosition(textOf(change['position'], 'position'));
  const organizationId = optionalText(change['organizationId'], 'organizationId');
  return {
    scope: organizationId === undefined ? INSTANCE : organization(organizationId),
    sequence: Number(textOf(change['sequence'], 'sequence')),
  };
}
