import { acrossCopies } from '@login-policy/event-sourcing';
/** A malformed line of a history. Nothing of the history was used. */
export class InvalidHistory extends Error {
  readonly facts: {
    /** Counted from 1. */
    readonly line: number;
    /** The malformed field, or `line` for the line as a whole. */
    readonly field: string;
    readonly problem: string;
  };

  constructor(facts: InvalidHistory['facts'], cause?: unknown) {
    super(`line ${facts.line} of the history, ${facts.field}: ${facts.problem}`, { cause });
    this.name = 'InvalidHistory';
    this.facts = facts;
  }
}
acrossCopies(InvalidHistory, 'InvalidHistory');
