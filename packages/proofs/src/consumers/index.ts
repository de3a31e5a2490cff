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
import { randomFrom, type Course, type Proof } from '../proof.js';
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
    'a consumer that three processes run meets each event at least once, in order and without a gap, while the working process is killed or frozen, and one that comes back late moves no checkpoint',
  rounds: 3,
  prove,
};

async function prove({ rounds, seed }: Course): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'login-policy-proof-'));
  const url = process.env['PROOF_STORE'] ?? `sqlite:${join(folder, 'store.db')}`;
  const store = await openStore(url);
  const workers = new Workers(url, join(folder, 'calls'));
  const checkpoint = new Checkpoint(url);
  try {
    await workers.begin();
    const random = randomFrom(seed);
    let written = 0;
    for (let round = 0; round < rounds; round++) {
      const writing = writeOn(store, { from: written, to: written + EVENTS_PER_ROUND }, random);
      await workers.disturb(random, () => checkpoint.check());
      written = await writing;
      await workers.reach(written, () => checkpoint.check());
    }
    const { calls, again } = workers.calls();
    const { kills, pauses, longestMs } = workers;
    return {
      events: written,
      calls,
      'events met again': again,
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

async function writeOn(
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

async function until(doing: string, isSo: () => boolean): Promise<void> {
  const begun = performance.now();
  while (!isSo()) {
    if (performance.now() - begun > TIMEOUT_MS) throw new Error(`${doing} took longer than ${TIMEOUT_MS} ms`);
    await pause(20);
  }
}

/** The events the processes have handled, from the file with a line for each call. */
interface Calls {
  readonly calls: number;
  readonly reached: number;
  readonly again: number;
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
  #begun = 0;

  constructor(url: string, file: string) {
    this.#url = url;
    this.#file = file;
  }

  async begin(): Promise<void> {
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
    const begun = performance.now();
    child?.kill(isKilled ? 'SIGKILL' : 'SIGSTOP');
    const isOver = (): boolean => this.calls().lastWorker !== worker;
    // Frozen during a write, it holds the file's lock, so nobody can write until it resumes.
    const isStuck = (): boolean => !isKilled && performance.now() - begun > STUCK_MS;
    await until('another process to take over', () => {
      check();
      return isOver() || isStuck();
    });
    if (isOver()) this.longestMs = Math.max(this.longestMs, performance.now() - begun);
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
  async reach(number: number, check: () => void): Promise<void> {
    await until('handling all events', () => {
      check();
      return this.calls().reached === number;
    });
  }

  /** @throws Error when an event was handled before an earlier one. */
  calls(): Calls {
    if (!existsSync(this.#file)) return { calls: 0, reached: 0, again: 0, lastWorker: undefined };
    const lines = readFileSync(this.#file, 'utf8').split('\n').slice(0, -1);
    let [reached, again] = [0, 0];
    for (const line of lines) {
      const [worker, first = 0, last = 0] = line.split(' ').map(Number);
      if (first > reached + 1) throw new Error(`process ${worker} met event ${first} when ${reached} was the last`);
      again += Math.max(0, Math.min(reached, last) - first + 1);
      reached = Math.max(reached, last);
    }
    return { calls: lines.length, reached, again, lastWorker: lines.at(-1)?.split(' ')[0] };
  }

  async end(): Promise<void> {
    const ended = [...this.#children.values()].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of this.#children.values()) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  async #fork(): Promise<void> {
    this.#begun += 1;
    const name = String(this.#begun);
    const child = fork(CONSUMING, [this.#url, this.#file, name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#children.set(name, child);
    await new Promise((resolve) => child.once('message', resolve));
  }
}

/** The checkpoint in SQLite, which must never go back. Other stores are not checked. */
class Checkpoint {
  readonly #database: DatabaseSync | undefined;
  #seen: Position = START;

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
    if (position < this.#seen) throw new Error(`the checkpoint went back from ${this.#seen} to ${position}`);
    this.#seen = position;
  }

  close(): void {
    this.#database?.close();
  }
}
