import { jsonIn, type WireEvent } from './record-codec.js';
import { lastRecord, type Reading, type ReadingContext } from './server-reads.js';

/**
 * Whether a stream without records was soft-deleted. Only its metadata tells it from one that never existed: the
 * server's answers to a read are the same.
 */
export async function isSoftDeleted(
  context: Pick<ReadingContext, 'connection' | 'timeouts'>,
  streamName: string,
  reading: Reading,
): Promise<boolean> {
  const metadata = await lastRecord(context, `$$${streamName}`, reading);
  return metadata !== undefined && marksDeletion(metadata);
}

function marksDeletion(metadata: WireEvent): boolean {
  try {
    const parsed = jsonIn(metadata);
    return typeof parsed === 'object' && parsed !== null && '$tb' in parsed && Number(parsed.$tb) > 0;
  } catch {
    // The server also ignores metadata that it can't parse.
    return false;
  }
}
