import { open, readFile, type FileHandle } from 'node:fs/promises';
import { Fault, type RecordedEvent } from '@login-policy/event-sourcing';
import { MemoryBackend, type Plan, type Transacted, type Transaction } from '@login-policy/event-sourcing/store';

/**
 * What was written in one transaction. Rows are what is left of them as text; what an event holds is JSON of its own.
 */
type Line =
  | { readonly opened: string }
  | { readonly begun: string }
  | { readonly plan: Plan; readonly contents: readonly (readonly string[])[] };

/**
 * A store in a file of JSON lines, one a transaction. A line is on the disk before its transaction is acknowledged, and
 * opening the file carries all of them out again. For one process, and for as many events as fit into memory.
 */
export class JsonLinesBackend extends MemoryBackend {
  readonly #file: FileHandle;
  #size = 0;
  #last: Promise<unknown> = Promise.resolve();

  protected constructor(path: string, file: FileHandle) {
    super(path, { form: 'text' });
    this.#file = file;
  }

  /**
   * Opens a file, which is made when it is not there. A line that a crash cut off was never acknowledged, and is
   * dropped.
   */
  static async open(path: string): Promise<JsonLinesBackend> {
    const file = await open(path, 'a+');
    const text = await readFile(path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const backend = new JsonLinesBackend(path, file);
    for (const line of whole.split('\n').slice(0, -1)) await backend.#repeat(JSON.parse(line, numbersBack));
    backend.#size = Buffer.byteLength(whole);
    await file.truncate(backend.#size);
    return backend;
  }

  override transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    return this.#alone(() => super.transact(transaction));
  }

  override openModel(name: string): Promise<void> {
    return this.#alone(async () => {
      await this.#write({ opened: name });
      await super.openModel(name);
    });
  }

  override beginShadow(name: string): Promise<string> {
    return this.#alone(async () => {
      await this.#write({ begun: name });
      return super.beginShadow(name);
    });
  }

  override async close(writing?: Promise<void>): Promise<void> {
    await super.close(writing);
    await this.#last;
    await this.#file.close();
  }

  protected override persist(plan: Plan): Promise<void> {
    const contents = plan.appends.map(({ recorded }) =>
      recorded.map(({ data, metadata }) => JSON.stringify([data, metadata])),
    );
    return this.#write({ plan, contents });
  }

  /** One after another: what was looked up holds until the plan is written. */
  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #write(line: Line): Promise<void> {
    const bytes = Buffer.from(`${JSON.stringify(line, asWritten)}\n`);
    try {
      await this.#file.appendFile(bytes);
      await this.#file.sync();
      this.#size += bytes.length;
    } catch (cause) {
      await this.#file.truncate(this.#size);
      throw new Fault('store-unavailable', { store: this.name, problem: 'the file could not be written' }, cause);
    }
  }

  async #repeat(line: Line): Promise<void> {
    if ('opened' in line) await super.openModel(line.opened);
    else if ('begun' in line) await super.beginShadow(line.begun);
    else this.apply(withContents(line.plan, line.contents));
  }
}

function withContents(plan: Plan, contents: readonly (readonly string[])[]): Plan {
  const appends = plan.appends.map((placed, index) => ({
    ...placed,
    recorded: placed.recorded.map((event, place): RecordedEvent => {
      const [data, metadata] = JSON.parse(contents[index]?.[place] ?? '[]');
      return Object.freeze({ ...event, data, metadata });
    }),
  }));
  const models = plan.models.map((model) => ({ ...model, rows: model.rows.map((row) => ({ ...row, row: row.text })) }));
  return { ...plan, appends, models };
}

/** `bigint`s are marked; rows and contents stand elsewhere in the line, as text. */
function asWritten(name: string, value: unknown): unknown {
  if (['row', 'data', 'metadata', 'texts', 'events', 'signal'].includes(name)) return undefined;
  return typeof value === 'bigint' ? { bigint: value.toString() } : value;
}

function numbersBack(_: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'bigint' in value ? BigInt(String(value.bigint)) : value;
}
