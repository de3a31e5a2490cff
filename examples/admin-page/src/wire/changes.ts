import { objectOf, optionalText, textOf } from './json.js';
import { isBeyondSeen, notePosition } from './seen.js';
import { INSTANCE, organization, type Scope } from './scope.js';

/** A policy changed, in whatever process. */
export interface Changed {
  readonly scope: Scope;
  readonly sequence: number;
}

/** Who wants to hear of changes. */
export interface Listener {
  /** The stream is open, for the first time or again. */
  readonly opened: () => void;
  readonly changed: (change: Changed) => void;
  /** More happened than can be told, or the store was put back: everything is to be read anew. */
  readonly missed: () => void;
  /** The server lives, and has told of all there was. */
  readonly heard: () => void;
  /** The stream broke off; the browser tries again by itself unless it is `over`. */
  readonly broke: (state: 'trying-again' | 'over') => void;
}

/** Follows the server until the function it gives back is called. */
export function followChanges({ opened, changed, missed, heard, broke }: Listener): () => void {
  const source = new EventSource('/iam/v1/changes');
  source.addEventListener('ready', opened);
  // What the page shows was read before anybody told it of changes: it may lack one that came between.
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
