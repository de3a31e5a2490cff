/** Something that is not as it has to be: what, and where. */
export interface Finding {
  readonly where: string;
  readonly problem: string;
}

/** Findings are told up to this many; the rest is counted. */
const MOST = 1000;

/** What a verification found. */
export class Findings {
  readonly shown: Finding[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(where: string, problem: string): void {
    this.#count += 1;
    if (this.shown.length < MOST) this.shown.push({ where, problem });
  }
}
