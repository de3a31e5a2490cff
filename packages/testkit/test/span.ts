/** A value as luxon's `Duration` is one: equal by its worth, with a cache inside that differs from one to the next. */
export class Span {
  static #made = 0;
  readonly text: string;
  readonly cache: number;

  constructor(text: string) {
    this.text = text;
    this.cache = Span.#made++;
  }

  equals(other: Span): boolean {
    return this.text === other.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** The same without `equals`. */
export class PlainSpan {
  static #made = 0;
  readonly #text: string;
  readonly cache: number;

  constructor(text: string) {
    this.#text = text;
    this.cache = PlainSpan.#made++;
  }

  toJSON(): string {
    return this.#text;
  }
}
