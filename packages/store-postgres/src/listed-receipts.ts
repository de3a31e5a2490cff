import { Fault, parseStreamId, revision } from '@login-policy/event-sourcing';
import { decodeReceipt, type StreamReceipt, type WaitOptions } from '@login-policy/event-sourcing/store';
import { originalText, isShortened, storedName } from './names.js';
import type { QueryRunner } from './queries.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/**
 * At most `limit` receipts after a given one, in the order of stream and key.
 *
 * @throws StoreDamaged for a malformed receipt, StoreForeign for a key of over 1,000 bytes. The whole name of a stream is that of its first event.
 */
export async function listedReceipts(
  queries: QueryRunner,
  { quoted }: Schema,
  {
    after,
    limit,
    wait,
  }: {
    readonly after: Pick<StreamReceipt, 'key' | 'streamId'> | undefined;
    readonly limit: number;
    readonly wait?: WaitOptions | undefined;
  },
): Promise<readonly StreamReceipt[]> {
  const start = after === undefined ? ['', ''] : [storedName(after.streamId).name, storedName(after.key).name];
  const rows = await queries.read(
    `SELECT r.stream, r.key, r.fingerprint, r.revision::text,
      (SELECT whole_stream FROM ${quoted}.events AS e WHERE e.stream = r.stream AND e.revision = 0)
      FROM ${quoted}.receipts AS r WHERE (r.stream, r.key) > ($1, $2) ORDER BY r.stream, r.key LIMIT $3`,
    [...start, String(limit)],
    wait,
  );
  return rows.map(([stream, storedKey, fingerprint, at, wholeStream]) => {
    const key = wholeName(text(storedKey), queries);
    return decodeReceipt(queries.name, key, () => ({
      streamId: parseStreamId(wholeName(wholeStream ?? text(stream), queries)),
      key,
      fingerprint: originalText(text(fingerprint)),
      revision: revision(BigInt(text(at))),
    }));
  });
}

function wholeName(stored: string, { name: store }: QueryRunner): string {
  if (!isShortened(stored)) return originalText(stored);
  throw new Fault('store-foreign', { store, problem: 'a receipt with a key of over 1,000 bytes can’t be listed' });
}
