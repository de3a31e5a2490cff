/** A problem, and where it is. */
export interface Finding {
  readonly where: string;
  readonly problem: string;
}

/** The most findings listed. The rest is counted. */
const MOST_LISTED = 1000;

/** The findings of a verification. */
export class Findings {
  readonly shown: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(where: string, problem: string): void {
    this.#count += 1;
    if (this.shown.length < MOST_LISTED) this.shown.push({ where, problem });
  }
}
