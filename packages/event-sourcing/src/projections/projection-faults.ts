import type { EventPlace } from '../event-faults.js';
import { Fault } from '../fault.js';
import type { Position } from '../streams/position.js';

/** Another projector moved the checkpoint of this read model meanwhile: nothing was written. */
export class CheckpointConflict extends Fault {
  declare readonly code: 'checkpoint-conflict';
  readonly facts: {
    readonly model: string;
    readonly expected: Position | undefined;
    readonly actual: Position | undefined;
  };
  constructor(facts: CheckpointConflict['facts']) {
    super({
      code: 'checkpoint-conflict',
      retryable: true,
      message: `read model ${facts.model} was expected at ${facts.expected ?? 'no checkpoint'}, but it is at ${facts.actual ?? 'no checkpoint'}; nothing was written`,
    });
    this.facts = facts;
  }
}

/** A projection met an event it can't reduce and stopped before it; all events before it are reduced and kept. */
export class ProjectionStopped extends Fault {
  declare readonly code: 'projection-stopped';
  readonly facts: EventPlace & { readonly projection: string; readonly position: Position };
  constructor(facts: ProjectionStopped['facts'], cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super({
      code: 'projection-stopped',
      retryable: false,
      cause,
      message: `projection ${facts.projection} stopped before ${facts.type} at ${facts.streamId} revision ${facts.revision} (position ${facts.position}): ${why}`,
    });
    this.facts = facts;
  }
}

/** The read model did not get as far as the read needs in its time. */
export class ProjectionBehind extends Fault {
  declare readonly code: 'projection-behind';
  readonly facts: {
    readonly projection: string;
    /** `undefined` when the store did not say where its end is. */
    readonly required: Position | undefined;
    readonly reached: Position | undefined;
    readonly waitedMs: number;
  };
  constructor(facts: ProjectionBehind['facts'], cause?: unknown) {
    super({
      code: 'projection-behind',
      retryable: true,
      cause,
      message: `projection ${facts.projection} is at position ${facts.reached ?? 'none'} after ${facts.waitedMs} ms, ${wanting(facts.required)}${because(cause)}`,
    });
    this.facts = facts;
  }
}

/** Another rebuild of the same read model was begun meanwhile and threw this one's copy away. */
export class RebuildSuperseded extends Fault {
  declare readonly code: 'rebuild-superseded';
  readonly facts: { readonly model: string };
  constructor(facts: RebuildSuperseded['facts']) {
    super({
      code: 'rebuild-superseded',
      retryable: true,
      message: `another rebuild of ${facts.model} was begun meanwhile; the live rows are as they were`,
    });
    this.facts = facts;
  }
}

function wanting(required: Position | undefined): string {
  return required === undefined ? 'and the store does not say where its end is' : `not yet at ${required}`;
}

function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
