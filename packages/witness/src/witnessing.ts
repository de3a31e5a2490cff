import { setTimeout } from 'node:timers/promises';
import {
  type Consumer,
  type ConsumerStatus,
  Deadline,
  type OptionRules,
  parseOptions,
  rule,
  type Store,
} from '@login-policy/event-sourcing';
import { treeHead, type GrowingTreeHead } from './growing-tree-head.js';
import { aSigner, demand } from './input.js';
import { parseVerifier, type Signer } from './keys.js';
import type { Sink } from './sink.js';
import type { TlogWitness } from './tlog-witness.js';
import type { TreeHead } from './tree-head.js';
import type { TreeHeadFile } from './tree-head-file.js';

/** When tree heads are made, and where they go. */
export interface WitnessingOptions {
  readonly signer: Signer;
  /** Keeps the last tree head, from which the log is read on. */
  readonly file: TreeHeadFile;
  /** Get each tree head after the file. */
  readonly sinks?: readonly Sink[];
  /** Cosign each tree head before anybody gets it. One that fails is asked again, and holds up nobody. */
  readonly witnesses?: readonly TlogWitness[];
  /** A tree head is made after so many events. Default 1000. */
  readonly everyEvents?: number;
  /** And after so many minutes, if there are new events. Default 10. */
  readonly everyMinutes?: number;
  /** The name of the consumer: of all processes, the one that works makes tree heads. Default `witness`. */
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** The state of a consumer that makes tree heads. */
export interface WitnessingStatus extends ConsumerStatus {
  /** The last tree head that this process made. */
  readonly treeHead?: TreeHead;
}

/** Makes tree heads until it is closed. */
export interface Witnessing extends AsyncDisposable {
  /** The current state. It does not ask the store. */
  status(): WitnessingStatus;
  /** Ends it. A tree head that is being made is given up; one that is being written to the file is waited for, 5 s at most. */
  close(): Promise<void>;
}

const RULES: OptionRules<WitnessingOptions> = {
  signer: aSigner,
  file: rule.withMethods('read', 'deliver'),
  sinks: rule.optional(rule.listOf('sinks', hasMethod('deliver'))),
  witnesses: rule.optional(rule.listOf('witnesses', hasMethod('cosign'))),
  everyEvents: rule.optional(rule.wholeNumber(1, 1_000_000_000)),
  everyMinutes: rule.optional(rule.numberBetween(0.001, 24 * 60)),
  name: rule.optional(rule.nonEmptyString),
  signal: rule.optional(rule.aSignal),
};

function hasMethod(name: string) {
  return (value: unknown): boolean => typeof value === 'object' && value !== null && name in value;
}

/** The first tree head reads the whole log. */
const LONGEST_MS = 3_600_000;
/** The longest wait for a file, a sink or a signature. A witness is given a proof, for which the log may be read. */
const ANSWER_MS = 30_000;
/** How long `close` waits for the file. */
const LONGEST_WRITE_MS = 5000;

/**
 * Makes tree heads of a log, as a consumer of its events.
 *
 * It fails, and is retried, where the log does not contain the tree head before, at half an append, and where a sink or
 * a witness fails: see `status().lastFailure`.
 *
 * @throws RangeError that names a wrong option.
 */
export function witness(store: Store, options: WitnessingOptions): Witnessing {
  demand('witness', 'store', store, rule.withMethods('consume'));
  return new TreeHeadMaker(store, parseOptions(options, 'witness', RULES));
}

class TreeHeadMaker implements Witnessing {
  readonly #store: Store;
  readonly #options: WitnessingOptions;
  readonly #consumer: Consumer;
  readonly #closing = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #count = 0;
  #previous: TreeHead | GrowingTreeHead | undefined;
  /** Whether all have got the last tree head. */
  #isDelivered = false;
  #making: Promise<void> = Promise.resolve();
  /** What is being written to the file. */
  #writing: Promise<unknown> = Promise.resolve();
  #failure: ConsumerStatus['lastFailure'];

  constructor(store: Store, options: WitnessingOptions) {
    this.#store = store;
    this.#options = options;
    const { everyEvents = 1000, everyMinutes = 10, name = 'witness', signal } = options;
    this.#consumer = store.consume({
      name,
      handleTimeoutMs: LONGEST_MS,
      ...(signal && { signal }),
      handle: async (events, handling) => {
        this.#count += events.length;
        if (this.#count >= everyEvents) await this.#make(handling.signal);
      },
    });
    this.#timer = setInterval(() => void this.#makeInTime(), everyMinutes * 60_000).unref();
  }

  status(): WitnessingStatus {
    const status = this.#consumer.status();
    const lastFailure = status.lastFailure ?? this.#failure;
    return { ...status, ...(lastFailure && { lastFailure }), ...(this.#previous && { treeHead: this.#previous }) };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort(new Error('It was closed.'));
    await this.#consumer.close();
    await this.#making.catch(() => undefined);
    await Promise.race([this.#writing, setTimeout(LONGEST_WRITE_MS, undefined, { ref: false })]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The events since the last tree head may be fewer than wanted for one. */
  async #makeInTime(): Promise<void> {
    if (this.#consumer.status().state !== 'working') return;
    try {
      await this.#make(this.#closing.signal);
      this.#failure = undefined;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      const attempts = (this.#failure?.attempts ?? 0) + 1;
      this.#failure = { at: this.#store.clock(), error, attempts };
    }
  }

  /** One after another. */
  async #make(signal: AbortSignal): Promise<void> {
    const before = this.#making.catch(() => undefined);
    const first = Deadline.firstToAbort(signal, this.#closing.signal);
    this.#making = before.then(() => this.#makeNow(first.signal)).finally(first.forget);
    await this.#making;
  }

  async #makeNow(signal: AbortSignal): Promise<void> {
    const { file, signer } = this.#options;
    const { name: origin, text: publicKey } = parseVerifier(signer.publicKey);
    const log = this.#store.eventStore;
    const previous =
      this.#previous ?? (await answered('reading the file of tree heads', () => file.read({ publicKey }), { signal }));
    const sign: Signer['sign'] = (message) => answered('signing', () => signer.sign(message), { signal });
    const answer = await treeHead(log, { signer: { publicKey, sign }, signal, ...(previous && { previous }) });
    switch (answer.outcome) {
      case 'signed': {
        if (previous !== undefined && this.#isDelivered && answer.treeHead.size === previous.size) return;
        await this.#deliver(answer.treeHead, previous, signal);
        return;
      }
      case 'shorter':
        throw new Error(`The log has ${answer.by} events less than the last tree head of ${origin}.`);
      case 'differs':
        throw new Error(
          `The log differs from the last tree head of ${origin} at one of the events ${answer.matching + 1} to ${answer.within}.`,
        );
    }
  }

  async #deliver(made: GrowingTreeHead, previous: TreeHead | undefined, signal: AbortSignal): Promise<void> {
    const { file, sinks = [], witnesses = [] } = this.#options;
    [this.#previous, this.#isDelivered, this.#count] = [made, false, 0];
    const log = this.#store.eventStore;
    const cosigned = await Promise.allSettled(
      witnesses.map((one) =>
        answered(`the witness ${one.name}`, () => one.cosign(made, { log, previous, signal }), {
          signal,
          waitMs: LONGEST_MS,
        }),
      ),
    );
    const lines = cosigned.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const treeHeadOfAll = { ...made, note: [made.note, ...lines].join('') };
    const keptFile: Sink = {
      name: file.name,
      deliver: (head, ended) => {
        const written = Promise.resolve(file.deliver(head, ended));
        this.#writing = written.catch(() => undefined);
        return written;
      },
    };
    const delivered = await Promise.allSettled(
      [keptFile, ...sinks].map((sink) =>
        answered(`the sink ${sink.name}`, () => sink.deliver(treeHeadOfAll, signal), { signal }),
      ),
    );
    const failures: readonly unknown[] = [...cosigned, ...delivered].flatMap((one) =>
      one.status === 'rejected' ? [one.reason as unknown] : [],
    );
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join(' '));
    this.#isDelivered = true;
  }
}

/** An answer of a part that the program gave: one that throws at once, never answers or ignores its signal, holds up nobody. */
function answered<Answer>(
  asked: string,
  ask: () => Answer | Promise<Answer>,
  wait: { readonly signal: AbortSignal; readonly waitMs?: number },
): Promise<Answer> {
  return Deadline.run(asked, { waitMs: ANSWER_MS, ...wait }, async (deadline) => deadline.wait(Promise.resolve(ask())));
}
