import {
  Fault,
  isFault,
  type Json,
  parsePosition,
  positionToString,
  revision,
  type Revision,
  streamId,
} from '@login-policy/event-sourcing';
import type { ConsumerBackend, ConsumerRecord, FoundConsumer, WaitOptions } from '@login-policy/event-sourcing/store';
import type { Delivery } from './delivery.js';
import { STORE, unavailable } from './faults.js';
import type { LogReader } from './log.js';
import { dataOf, ownProposal, type LogRecord } from './record.js';
import { LAST_RECORD, lastRecord, streamRecords, type ReadingContext } from './server-reads.js';
import { retry } from './time.js';

/** The parts used to read and write the records of consumers. */
export interface ConsumersParts {
  readonly context: ReadingContext;
  readonly delivery: Delivery;
  readonly log: Pick<LogReader, 'lookFor'>;
}

/** Only the last record of each stream is used. The server may delete a session without a heartbeat for a day. */
const METADATA = { consumers: { $maxCount: 1 }, sessions: { $maxCount: 1, $maxAge: 86_400 } };

/** The consumers of a store on EventStoreDB. Each has a stream, whose revision is the fencing token (ADR 0028). */
export class EventStoreDbConsumers implements ConsumerBackend {
  readonly beatMs: number;
  readonly #parts: ConsumersParts;
  /** The revision of the last record of each session of this process. */
  readonly #sessions = new Map<string, Revision | undefined>();
  #hasWarned = false;

  constructor(parts: ConsumersParts) {
    this.#parts = parts;
    this.beatMs = parts.context.timeouts.beatMs;
  }

  async lookUp(names: readonly string[], wait?: WaitOptions): Promise<ReadonlyMap<string, FoundConsumer>> {
    const found = await Promise.all(names.map(async (name) => [name, await this.#find(name, wait)] as const));
    return new Map(found.flatMap(([name, consumer]) => (consumer === undefined ? [] : [[name, consumer] as const])));
  }

  async put(name: string, { holder, position }: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'> {
    // Checked before the write, because the server only compares a revision.
    const { isInLog, head } = await this.#parts.log.lookFor(position);
    if (!isInLog) throw new Fault('position-unknown', { position, head });
    const streamName = this.#parts.context.names.consumerNameOf(name);
    const after = expected === 0n ? undefined : revision(expected - 1n);
    const { session = null, run = null } = holder ?? {};
    const content = { name, session, run, position: positionToString(position) };
    const isWritten = await this.#write(streamName, after, { type: 'ConsumerMoved', content });
    if (isWritten && after === undefined) await this.#setStreamMetadata(streamName, METADATA.consumers);
    return isWritten ? 'written' : 'overtaken';
  }

  async beat(session: string, count: number): Promise<void> {
    const streamName = this.#parts.context.names.sessionNameOf(session);
    const after = this.#sessions.get(session);
    const beat = { type: 'ConsumerSessionBeat', content: { beat: count } };
    const isWritten = await this.#write(streamName, after, beat);
    if (!isWritten) {
      // The answer to an earlier heartbeat was lost. The next one goes after the stream's actual end.
      const last = await this.#heartbeat(session);
      this.#sessions.set(session, last?.revision);
      throw unavailable('another heartbeat of the consumer session was written, so this one was not');
    }
    this.#sessions.set(session, after === undefined ? revision(0n) : revision(after + 1n));
    if (after === undefined) await this.#setStreamMetadata(streamName, METADATA.sessions);
  }

  /** Deletes nothing on the server, because the server expires sessions itself. */
  async forget(session: string): Promise<void> {
    this.#sessions.delete(session);
  }

  async #find(name: string, wait?: WaitOptions): Promise<FoundConsumer | undefined> {
    const { names } = this.#parts.context;
    const last = await this.#last(names.consumerNameOf(name), wait);
    if (last === undefined) return undefined;
    const record = decoded(last, consumerRecordIn);
    const { holder } = record;
    const heartbeat = holder && (await this.#heartbeat(holder.session, wait));
    const beat = heartbeat && decoded(heartbeat, (each) => Number(dataOf(each)['beat']));
    return { ...record, beat, version: last.revision + 1n };
  }

  /** Any node may be asked, because a record is only written at the revision that was found. */
  #last(streamName: string, wait?: WaitOptions): Promise<LogRecord | undefined> {
    return this.#retried((signal) => lastRecord(this.#parts.context, streamName, { signal, shown: undefined }), wait);
  }

  /** The last heartbeat of a session, which may have expired. */
  #heartbeat(session: string, wait?: WaitOptions): Promise<LogRecord | undefined> {
    const { context } = this.#parts;
    const range = { streamName: context.names.sessionNameOf(session), ...LAST_RECORD };
    return this.#retried(
      async (signal) => (await streamRecords(context, range, { signal, shown: undefined }))?.[0],
      wait,
    );
  }

  #retried<Answer>(attempt: (signal: AbortSignal) => Promise<Answer>, wait?: WaitOptions): Promise<Answer> {
    return retry(this.#parts.context, { doing: 'reading the record of a consumer', signal: wait?.signal }, attempt);
  }

  async #write(
    streamName: string,
    after: Revision | undefined,
    { type, content }: { readonly type: string; readonly content: Json },
  ): Promise<boolean> {
    const prepared = {
      streamId: streamId('Consumer', streamName),
      streamName,
      expected: after ?? ('no-stream' as const),
      proposals: [ownProposal(type, content)],
    };
    return (await this.#parts.delivery.deliver(prepared)).kind === 'written';
  }

  /** If this fails, the stream only keeps more records than needed: a role without the right can still consume. */
  async #setStreamMetadata(streamName: string, metadata: Json): Promise<void> {
    try {
      await this.#write(`$$${streamName}`, undefined, { type: '$metadata', content: metadata });
    } catch (caught) {
      if (!isFault(caught, 'store-foreign') || this.#hasWarned) return;
      this.#hasWarned = true;
      const why = `the user may not write the metadata of ${streamName} ($mw)`;
      process.emitWarning(`The records of consumers pile up on EventStoreDB: ${why}.`, 'LoginPolicyWarning');
    }
  }
}

function consumerRecordIn(record: LogRecord): ConsumerRecord {
  const { position, session, run } = dataOf(record);
  const holder = typeof session === 'string' && typeof run === 'number' ? { session, run } : undefined;
  return { holder, position: parsePosition(typeof position === 'string' ? position : '') };
}

/** @throws StoreDamaged when the record is malformed. */
function decoded<Content>(record: LogRecord, decode: (record: LogRecord) => Content): Content {
  try {
    return decode(record);
  } catch (cause) {
    const problem = 'the record of a consumer can’t be read';
    throw new Fault('store-damaged', { store: STORE, problem }, cause);
  }
}
