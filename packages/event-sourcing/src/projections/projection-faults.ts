import type { EventPlace } from '../event-faults.js';
import { because, FaultOf } from '../fault.js';
import type { Position } from '../streams/position.js';

/** Another projector moved the checkpoint of this read model meanwhile: nothing was written. */
export class CheckpointConflict extends FaultOf<
  'checkpoint-conflict',
  {
    readonly model: string;
    readonly expected: Position | undefined;
    readonly actual: Position | undefined;
  }
> {
  constructor(facts: CheckpointConflict['facts']) {
    super('checkpoint-conflict', facts, {
      message: `read model ${facts.model} was expected at ${facts.expected ?? 'no checkpoint'}, but it is at ${facts.actual ?? 'no checkpoint'}; nothing was written`,
    });
  }
}

/** A projection met an event it can't reduce and stopped before it; all events before it are reduced and kept. */
export class ProjectionStopped extends FaultOf<
  'projection-stopped',
  EventPlace & { readonly projection: string; readonly position: Position }
> {
  constructor(facts: ProjectionStopped['facts'], cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super('projection-stopped', facts, {
      message: `projection ${facts.projection} stopped before ${facts.type} at ${facts.streamId} revision ${facts.revision} (position ${facts.position}): ${why}`,
      cause,
    });
  }
}

/** The read model did not get as far as the read needs in its time. */
export class ProjectionBehind extends FaultOf<
  'projection-behind',
  {
    readonly projection: string;
    /** `undefined` when the store did not say where its end is. */
    readonly required: Position | undefined;
    readonly reached: Position | undefined;
    readonly waitedMs: number;
  }
> {
  constructor(facts: ProjectionBehind['facts'], cause?: unknown) {
    super('projection-behind', facts, {
      message: `projection ${facts.projection} is at position ${facts.reached ?? 'none'} after ${facts.waitedMs} ms, ${wanting(facts.required)}${because(cause)}`,
      cause,
    });
  }
}

/** Another rebuild of the same read model was begun meanwhile and threw this one's copy away. */
export class RebuildSuperseded extends FaultOf<'rebuild-superseded', { readonly model: string }> {
  constructor(facts: RebuildSuperseded['facts']) {
    super('rebuild-superseded', facts, {
      message: `another rebuild of ${facts.model} was begun meanwhile; the live rows are as they were`,
    });
  }
}

function wanting(required: Position | undefined): string {
  return required === undefined ? 'and the store does not say where its end is' : `not yet at ${required}`;
}
