import type { EventPlace } from '../event-faults.js';
import { because, FaultOf } from '../fault.js';
import type { Position } from '../streams/position.js';

/** Another runner moved the checkpoint of this read model; nothing was written. */
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

/** A projection stopped before an event it can't reduce; all earlier events are reduced and stored. */
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

/** The read model did not reach the position the read needs in time. */
export class ProjectionBehind extends FaultOf<
  'projection-behind',
  {
    readonly projection: string;
    /** `undefined` when the store did not say where its head is. */
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

/** A later rebuild of the same read model replaced this one's shadow. */
export class RebuildSuperseded extends FaultOf<'rebuild-superseded', { readonly model: string }> {
  constructor(facts: RebuildSuperseded['facts']) {
    super('rebuild-superseded', facts, {
      message: `a later rebuild of ${facts.model} replaced this one; the live rows are unchanged`,
    });
  }
}

function wanting(required: Position | undefined): string {
  return required === undefined ? 'and the store does not say where its head is' : `not yet at ${required}`;
}
