import { FaultOf } from './fault.js';
import type { Revision } from './streams/revision.js';
import type { StreamId } from './streams/stream-id.js';

/** The data holds something that JSON can't represent. It was refused before it reached a store. */
export class UnserialisableData extends FaultOf<
  'unserialisable-data',
  { readonly path: string; readonly problem: string }
> {
  constructor(facts: UnserialisableData['facts']) {
    super('unserialisable-data', facts, { message: `${facts.path} can't be stored: ${facts.problem}` });
  }
}

/** The place of an event that could not be used. */
export interface EventPlace {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly type: string;
  readonly schemaVersion: number;
}

/** A stored event of a known type has an unknown shape. */
export class UnreadableEvent extends FaultOf<'unreadable-event', EventPlace & { readonly problem: string }> {
  constructor(facts: UnreadableEvent['facts'], cause?: unknown) {
    super('unreadable-event', facts, {
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} can't be read: ${facts.problem}`,
      cause,
    });
  }
}

/** A stream holds an event of a type, or in a schema version, that this program does not know: a newer one wrote it. */
export class WrittenByNewerProgram extends FaultOf<
  'written-by-newer-program',
  EventPlace & { readonly problem: string }
> {
  constructor(facts: WrittenByNewerProgram['facts']) {
    super('written-by-newer-program', facts, {
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} was written by a newer program: ${facts.problem}`,
    });
  }
}
