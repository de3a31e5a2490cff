import { Fault } from './fault.js';
import type { Revision } from './streams/revision.js';
import type { StreamId } from './streams/stream-id.js';

/** The data holds what JSON can't: refused before a store saw it. */
export class UnserialisableData extends Fault {
  declare readonly code: 'unserialisable-data';
  readonly facts: { readonly path: string; readonly problem: string };
  constructor(facts: UnserialisableData['facts']) {
    super({
      code: 'unserialisable-data',
      retryable: false,
      message: `${facts.path} can't be stored: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** Where an event stands that could not be used. */
export interface EventPlace {
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly type: string;
  readonly schemaVersion: number;
}

/** A stored event of a known type is not of a known shape. */
export class UnreadableEvent extends Fault {
  declare readonly code: 'unreadable-event';
  readonly facts: EventPlace & { readonly problem: string };
  constructor(facts: UnreadableEvent['facts'], cause?: unknown) {
    super({
      code: 'unreadable-event',
      retryable: false,
      cause,
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} can't be read: ${facts.problem}`,
    });
    this.facts = facts;
  }
}

/** A stream holds an event of a type, or in a schema version, that this program does not know: a newer one wrote it. */
export class WrittenByNewerProgram extends Fault {
  declare readonly code: 'written-by-newer-program';
  readonly facts: EventPlace & { readonly problem: string };
  constructor(facts: WrittenByNewerProgram['facts']) {
    super({
      code: 'written-by-newer-program',
      retryable: false,
      message: `${facts.type} (schema ${facts.schemaVersion}) at ${facts.streamId} revision ${facts.revision} was written by a newer program: ${facts.problem}`,
    });
    this.facts = facts;
  }
}
