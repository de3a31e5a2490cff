import {
  CheckpointConflict,
  modelName,
  parsePosition,
  type Position,
  type ReadModelDefinition,
} from '@login-policy/event-sourcing';
import { digest } from './names.js';

/** The argument of `write_rows`: each key with its new row and the digests it is found by. */
export function changesJson<Row>(
  definition: ReadModelDefinition<Row>,
  rows: ReadonlyMap<string, Row | undefined>,
): string {
  return JSON.stringify(
    [...rows].map(([key, row]) => ({
      key: keyBytes(key).toString('hex'),
      content: row === undefined ? null : JSON.stringify(definition.rows.encode(row)),
      entries: row === undefined ? [] : entriesOf(definition, row).map((entry) => entry.toString('hex')),
    })),
  );
}

/** A key as its column holds it: bytes, which compare as the port wants it and may be any. */
export function keyBytes(key: string): Buffer {
  return Buffer.from(key);
}

/** By what rows of one value of an index are found. */
export function entryOf(index: string, value: string): Buffer {
  return digest(JSON.stringify([index, value]));
}

/** The refusal of a step, with the checkpoint as the server wrote it; '' when there is none. */
export function checkpointConflict(
  definition: ReadModelDefinition<never>,
  expected: Position | undefined,
  actual: string,
): CheckpointConflict {
  return new CheckpointConflict({ model: modelName(definition), expected, actual: checkpointOf(actual) });
}

/** A checkpoint of what the server wrote. */
export function checkpointOf(written: string | null | undefined): Position | undefined {
  return written === null || written === undefined || written === '' ? undefined : parsePosition(written);
}

function entriesOf<Row>(definition: ReadModelDefinition<Row>, row: Row): readonly Buffer[] {
  return Object.entries(definition.index?.(row) ?? {}).map(([index, value]) => entryOf(index, value));
}
