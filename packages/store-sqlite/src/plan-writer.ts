import { positionToString } from '@login-policy/event-sourcing';
import { entriesBeside, ordinalOf, type Plan } from '@login-policy/event-sourcing/store';
import type { LookUpParts } from './lookups.js';
import { replacedName } from './model-statements.js';
import { packAppend } from './rows.js';

type ModelPlan = Plan['models'][number];
type EncodedRow = Plan['models'][number]['rows'][number];

/** Writes each plan in the open transaction. */
export class PlanWriter {
  readonly #parts: Pick<LookUpParts, 'events' | 'models'>;

  constructor(parts: Pick<LookUpParts, 'events' | 'models'>) {
    this.#parts = parts;
  }

  /** Writes a plan in the open transaction. */
  write({ appends, models, promoted }: Plan): void {
    for (const placed of appends) this.#writeAppend(placed);
    for (const { id, rows, checkpoint } of models) {
      for (const row of rows) this.#writeRow(Number(id), row);
      this.#parts.models.setCheckpoint.run(positionToString(checkpoint), Number(id));
    }
    if (promoted === undefined) return;
    const { renameByName, renameById } = this.#parts.models;
    renameByName.run(replacedName(), promoted.name);
    renameById.run(promoted.name, promoted.shadow);
    this.#replaceOlderVersions(promoted.name);
  }

  /**
   * Marks older versions of a read model as replaced, so that their rows are deleted. The previous version stays,
   * because programs of the previous release may run beside this one or return.
   */
  #replaceOlderVersions(name: string): void {
    const { models } = this.#parts;
    const { prefix, version } = versionIn(name);
    for (const { id, name: found } of models.versions.all(prefix)) {
      const older = versionIn(found);
      if (older.prefix === prefix && older.version < version - 1) models.renameById.run(replacedName(), id);
    }
  }

  /** Whether a plan was written: its last event, its receipts, or its rows with their checkpoint are in the file. */
  isWritten({ appends, head, headBefore, models, promoted }: Plan): boolean {
    const { events } = this.#parts;
    const last = appends.findLast(({ recorded }) => recorded.length > 0)?.recorded.at(-1);
    if (head !== headBefore) return events.idAt.get(Number(ordinalOf(head))) === last?.id;
    if (appends.length === 0) return models.every((model) => this.#isStored(model)) && this.#isLive(promoted);
    return appends.every(({ append: { streamId, receipt } }) => {
      const found = receipt && events.receipt.get(streamId, receipt.key);
      return found !== undefined && found.fingerprint === receipt?.fingerprint;
    });
  }

  /** The checkpoint alone does not tell: the steps of a rebuild leave it as it is. */
  #isStored({ id, rows, checkpoint }: ModelPlan): boolean {
    const { models } = this.#parts;
    const isAt = models.checkpoint.get(id) === positionToString(checkpoint);
    return isAt && rows.every(({ key, text }) => models.row.get(Number(id), key) === text);
  }

  #isLive(promoted: Plan['promoted']): boolean {
    return (
      promoted === undefined || this.#parts.models.modelByName.get(promoted.name)?.model === Number(promoted.shadow)
    );
  }

  #writeAppend({ append: { streamId, receipt, texts }, recorded, end }: Plan['appends'][number]): void {
    const { events } = this.#parts;
    for (const [index, event] of recorded.entries()) {
      const { data = '', metadata = '' } = texts?.[index] ?? {};
      events.insert.run(
        Number(ordinalOf(event.position)),
        streamId,
        Number(event.revision),
        event.type,
        event.schemaVersion,
        event.recordedAt,
        event.id,
        data,
        metadata,
        packAppend(event.append),
      );
    }
    if (receipt !== undefined)
      events.insertReceipt.run(streamId, receipt.key, receipt.fingerprint, Number(end.revision));
  }

  #writeRow(model: number, row: EncodedRow): void {
    const { key, text } = row;
    this.#writeEntries(model, row);
    if (text === undefined) this.#parts.models.deleteRow.run(model, key);
    else this.#parts.models.upsertRow.run(model, key, text);
  }

  /** Writes only the changed index entries, if they are known, because a policy may have hundreds. */
  #writeEntries(model: number, { key, indexed, indexedBefore }: EncodedRow): void {
    if (indexed === undefined) return;
    const { deleteEntry, deleteEntries, insertEntry } = this.#parts.models;
    if (indexedBefore === undefined) deleteEntries.run(model, key);
    for (const [name, value] of entriesBeside(indexedBefore ?? [], indexed)) deleteEntry.run(model, key, name, value);
    for (const [name, value] of entriesBeside(indexed, indexedBefore ?? [])) insertEntry.run(model, key, name, value);
  }
}

/**
 * The common name prefix of a read model's versions, and this one's number; a name without a version matches no other.
 */
function versionIn(name: string): { readonly prefix: string; readonly version: number } {
  const end = name.lastIndexOf('.v') + 2;
  return { prefix: name.slice(0, end), version: Number(name.slice(end)) };
}
