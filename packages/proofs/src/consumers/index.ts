import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parsePosition, START, type Position, type Store } from '@login-policy/event-sourcing';
import { openStore } from '../open-store.js';
import { randomFrom, type ProofOptions, type Proof } from '../proof.js';
import { appendNumbered } from './numbered.js';

const CONSUMING = fileURLToPath(new URL('consuming.js', import.meta.url));
const PROCESSES = 3;
/** The events of a round, in which the working process is killed or frozen. Twenty rounds are 10,000 events. */
const EVENTS_PER_ROUND = 500;
const TIMEOUT_MS = 120_000;
const STUCK_MS = 30_000;

/** One consumer, run by three processes that are killed and frozen. */
export const consumers: Proof = {
  name: 'consumers',
  promise:
    'a consumer that runs in three processes handles each event at least once, in order and without a gap, while the working process is killed or frozen; a process that resumes late moves no checkpoint',
  rounds: 3,
  prove,
};

async function prove({ rounds, seed }: ProofOptions): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const url = process.env['PROOF_STORE'] ?? `sqlite:${join(folder, 'store.db')}`;
  const store = await openStore(url);
  const workers = new Workers(url, join(folder, 'calls'));
  const checkpoint = new Checkpoint(url);
  try {
    await workers.start();
    const random = randomFrom(seed);
    let written = 0;
    for (let round = 0; round < rounds; round++) {
      const writing = writeEvents(store, { from: written, to: written + EVENTS_PER_ROUND }, random);
      await workers.disturb(random, () => checkpoint.check());
      written = await writing;
      await workers.untilHandled(written, () => checkpoint.check());
    }
    const { calls, repeated } = workers.calls();
    const { kills, pauses, longestMs } = workers;
    return {
      events: written,
      calls,
      'events handled again': repeated,
      kills,
      pauses,
      'ms to take over at most': Math.round(longestMs),
    };
  } finally {
    checkpoint.close();
    await workers.end();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeEvents(
  store: Store,
  { from, to }: { from: number; to: number },
  random: () => number,
): Promise<number> {
  let last = from;
  while (last < to) {
    last = await appendNumbered(store, last, random);
    if (random() < 0.3) await pause(random() * 10);
  }
  return last;
}

async function until(doing: string, isReached: () => boolean): Promise<void> {
  const beganAt = performance.now();
  while (!isReached()) {
    if (performance.now() - beganAt > TIMEOUT_MS) throw new Error(`${doing} took longer than ${TIMEOUT_MS} ms`);
    await pause(20);
  }
}

/** The events the processes have handled, from the file with a line for each call. */
interface Calls {
  readonly calls: number;
  readonly reached: number;
  readonly repeated: number;
  readonly lastWorker: string | undefined;
}

/** The processes, and what becomes of them. */
class Workers {
  kills = 0;
  pauses = 0;
  longestMs = 0;
  readonly #url: string;
  readonly #file: string;
  readonly #children = new Map<string, ChildProcess>();
  #started = 0;

  constructor(url: string, file: string) {
    this.#url = url;
    this.#file = file;
  }

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: PROCESSES }, () => this.#fork()));
  }

  /**
   * Kills or freezes the working process. A frozen one resumes after another has taken over, and still believes that it
   * holds the lease.
   */
  async disturb(random: () => number, check: () => void): Promise<void> {
    await until('the first calls', () => this.calls().lastWorker !== undefined);
    await pause(random() * 200);
    const worker = this.calls().lastWorker ?? '';
    const child = this.#children.get(worker);
    const isKilled = random() < 0.5;
    const beganAt = performance.now();
    child?.kill(isKilled ? 'SIGKILL' : 'SIGSTOP');
    const hasTakenOver = (): boolean => this.calls().lastWorker !== worker;
    // Frozen during a write, it holds the file's lock, so nobody can write until it resumes.
    const isStuck = (): boolean => !isKilled && performance.now() - beganAt > STUCK_MS;
    await until('another process to take over', () => {
      check();
      return hasTakenOver() || isStuck();
    });
    if (hasTakenOver()) this.longestMs = Math.max(this.longestMs, performance.now() - beganAt);
    if (isKilled) {
      this.kills += 1;
      this.#children.delete(worker);
      await this.#fork();
    } else {
      this.pauses += 1;
      child?.kill('SIGCONT');
    }
  }

  /** Waits until all events up to a number have been handled. */
  async untilHandled(number: number, check: () => void): Promise<void> {
    await until('handling all events', () => {
      check();
      return this.calls().reached === number;
    });
  }

  /** @throws Error when an event was handled before an earlier one. */
  calls(): Calls {
    if (!existsSync(this.#file)) return { calls: 0, reached: 0, repeated: 0, lastWorker: undefined };
    const lines = readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
    let [reached, repeated] = [0, 0];
    for (const line of lines) {
      const [worker, first = 0, last = 0] = line.split(' ').map(Number);
      if (first > reached + 1) throw new Error(`process ${worker} handled event ${first} when ${reached} was the last`);
      repeated += Math.max(0, Math.min(reached, last) - first + 1);
      reached = Math.max(reached, last);
    }
    return { calls: lines.length, reached, repeated, lastWorker: lines.at(-1)?.split(' ')[0] };
  }

  async end(): Promise<void> {
    const ended = [...this.#children.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#children.values()) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  async #fork(): Promise<void> {
    this.#started += 1;
    const name = String(this.#started);
    const child = fork(CONSUMING, [this.#url, this.#file, name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.set(name, child);
    await new Promise((resolve) => child.once('message', resolve));
  }
}

/** The checkpoint in SQLite, which must never go back. Other stores are not checked. */
class Checkpoint {
  readonly #database: DatabaseSync | undefined;
  #last: Position = START;

  constructor(url: string) {
    if (url.startsWith('sqlite:')) this.#database = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  }

  /** @throws Error when the checkpoint went back. */
  check(): void {
    if (this.#database === undefined) return;
    const table = this.#database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'consumers'").get();
    const row = table && this.#database.prepare('SELECT position FROM consumers').get();
    if (row === undefined) return;
    const position = parsePosition(String(row['position']));
    if (position < this.#last) throw new Error(`the checkpoint went back from ${this.#last} to ${position}`);
    this.#last = position;
  }

  close(): void {
    this.#database?.close();
  }
}
