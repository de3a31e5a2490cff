/** A line of a history is not what it should be: nothing of the history was used. */
export class InvalidHistory extends Error {
  readonly facts: {
    /** Counted from 1. */
    readonly line: number;
    /** The field that is wrong, or `line` when it is the line as a whole. */
    readonly field: string;
    readonly problem: string;
  };

  constructor(facts: InvalidHistory['facts'], cause?: unknown) {
    super(`line ${facts.line} of the history, ${facts.field}: ${facts.problem}`, { cause });
    this.name = 'InvalidHistory';
    this.facts = facts;
  }
}
