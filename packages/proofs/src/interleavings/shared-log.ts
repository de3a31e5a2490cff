import { START, type Position, type RecordedEvent } from '@login-policy/event-sourcing';
import { MemoryBackend, modelName, ordinalOf, type Plan } from '@login-policy/event-sourcing/store';
import { parseJson } from '@login-policy/event-sourcing/values';
import { areEqual, foldOf, PROJECTIONS, textOf, type CountRow } from './counts.js';

/** Notes each broken promise of a round. */
export type Note = (problem: string) => void;

/** The database that all processes of a round share. After each write it compares the rows with a fold of the log. */
export class SharedLog extends MemoryBackend {
  readonly events: RecordedEvent[] = [];
  /** Changes with each write. */
  version = 0;
  readonly #note: Note;

  constructor(note: Note) {
    super('interleavings', { form: 'text' });
    this.#note = note;
  }

  get headNow(): Position {
    return this.events.at(-1)?.position ?? START;
  }

  /** The events of one stream, in order. */
  ofStream(streamId: string): readonly RecordedEvent[] {
    return this.events.filter((event) => event.streamId === streamId);
  }

  override apply(plan: Plan): void {
    super.apply(plan);
    this.version += 1;
    for (const { recorded } of plan.appends) for (const event of recorded) this.#record(event);
    this.#checkRows().catch((caught: unknown) => this.#note(String(caught)));
  }

  override async openModel(name: string): Promise<void> {
    await super.openModel(name);
    this.version += 1;
  }

  override async beginShadow(name: string): Promise<string> {
    this.version += 1;
    return super.beginShadow(name);
  }

  #record(event: RecordedEvent): void {
    const revision = this.ofStream(event.streamId).length;
    this.events.push(event);
    if (Number(ordinalOf(event.position)) !== this.events.length)
      this.#note(`event ${this.events.length} has another position`);
    if (Number(event.revision) !== revision)
      this.#note(`${event.streamId} has revision ${event.revision} at place ${revision}`);
  }

  async #checkRows(): Promise<void> {
    for (const projection of PROJECTIONS) {
      const query = { index: 'all', value: 'one', limit: 10_000, wanted: 'rows' } as const;
      const { checkpoint, rows } = await super.query({ name: modelName(projection) }, query);
      if (checkpoint === undefined) continue;
      const stored = new Map(
        rows.map(({ key, row }): [string, CountRow] => [key, projection.rows.decode(parseJson(String(row)))]),
      );
      const folded = foldOf(
        projection,
        this.events.filter(({ position }) => position <= checkpoint),
      );
      if (!areEqual(stored, folded))
        this.#note(`the rows of ${projection.name} are ${textOf(stored)} and not ${textOf(folded)}`);
    }
  }
}
