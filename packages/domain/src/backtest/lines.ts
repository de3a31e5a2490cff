/** Where records are read from: text in pieces of any length, with one record a line. */
export interface RecordSource {
  /** What it is called in answers, such as the name of the file. */
  readonly name: string;
  readonly text: AsyncIterable<string> | Iterable<string>;
}

/** A line of a source. */
export interface Line {
  readonly source: string;
  /** From 1 on. */
  readonly line: number;
  readonly text: string;
  /** `half`: the last one, without an end. `too-long`: its text is left out. */
  readonly form: 'half' | 'too-long' | 'whole';
}

/** The longest line that is read. A record has some hundred characters. */
export const LONGEST_LINE = 1_000_000;

/** Splits a source into its lines. What a piece of text completes is handed out at once. */
export class LineSplitter {
  readonly #source: string;
  #begun = '';
  #isTooLong = false;
  #number = 0;

  constructor(source: string) {
    this.#source = source;
  }

  /** The lines that a piece of text completes. */
  *take(text: string): Generator<Line, void, undefined> {
    let from = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const line = this.#begun + text.slice(from, end);
      from = end + 1;
      yield this.#line(line, 'whole');
    }
    this.#begun += text.slice(from);
    if (this.#begun.length <= LONGEST_LINE) return;
    this.#isTooLong = true;
    this.#begun = '';
  }

  /** The line that has no end; none if the text ended with a line. */
  rest(): readonly Line[] {
    return this.#begun === '' && !this.#isTooLong ? [] : [this.#line(this.#begun, 'half')];
  }

  #line(text: string, form: Line['form']): Line {
    const isTooLong = this.#isTooLong || text.length > LONGEST_LINE;
    this.#begun = '';
    this.#isTooLong = false;
    this.#number++;
    const line = { source: this.#source, line: this.#number };
    return isTooLong ? { ...line, text: '', form: 'too-long' } : { ...line, text, form };
  }
}
