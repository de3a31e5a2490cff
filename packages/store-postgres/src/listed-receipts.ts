import { revision } from '@login-policy/event-sourcing';
import type { StreamReceipt, WaitOptions } from '@login-policy/event-sourcing/store';
import { Fault, parseStreamId } from '@login-policy/event-sourcing/values';
import { originalText, isShortened, storedName } from './names.js';
import type { QueryRunner } from './queries.js';
import { text } from './rows.js';
import type { Schema } from './schema.js';

/**
 * At most `limit` receipts after a given one, in the order of stream and key.
 *
 * @throws StoreForeign for a name of over 1,000 bytes.
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
    `SELECT stream, key, fingerprint, revision::text FROM ${quoted}.receipts WHERE (stream, key) > ($1, $2) ORDER BY stream, key LIMIT $3`,
    [...start, String(limit)],
    wait,
  );
  return rows.map(([stream, key, fingerprint, at]) => ({
    streamId: parseStreamId(wholeName(text(stream), queries)),
    key: wholeName(text(key), queries),
    fingerprint: originalText(text(fingerprint)),
    revision: revision(BigInt(text(at))),
  }));
}

function wholeName(stored: string, { name: store }: QueryRunner): string {
  if (!isShortened(stored)) return originalText(stored);
  throw new Fault('store-foreign', {
    store,
    problem: 'a receipt with a stream or key of over 1,000 bytes can’t be listed',
  });
}
