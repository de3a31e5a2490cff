import { UnserialisableData, type EncodedAppend } from '@login-policy/event-sourcing/store';
import { storedName, type StoredName } from './names.js';

/** Characters of JSON: at three bytes each the server still has room for a page of it, and Node for its text. */
export const LARGEST = 256_000_000;

/** An append with the names that columns hold of it. */
export interface PreparedAppend {
  readonly append: EncodedAppend;
  readonly stream: StoredName;
  /** The name of the receipt's key, if there is a receipt. */
  readonly key: string | undefined;
}

/** Adds the names. */
export function prepareAppend(append: EncodedAppend): PreparedAppend {
  const key = append.receipt === undefined ? undefined : storedName(append.receipt.key).name;
  return { append, stream: storedName(append.streamId), key };
}

/** What a receipt is known by. */
export function receiptName(stream: string, key: string): string {
  return JSON.stringify([stream, key]);
}

/** Why an append over {@link LARGEST} is refused. */
export function tooLarge({ append: { size } }: PreparedAppend): UnserialisableData {
  const problem = `an append has at most ${LARGEST} characters of JSON, not ${size}`;
  return new UnserialisableData({ path: '$.events', problem });
}
