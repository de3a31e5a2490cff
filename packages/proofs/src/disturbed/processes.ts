import { fork, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Acknowledgement, Report } from './working.js';

const WORKING = fileURLToPath(new URL('working.js', import.meta.url));

/** How many processes work at a time. */
const PROCESSES = 4;

/** Which Nodes the processes run on, in turn: the paths in `PROOF_NODES`, separated by colons; else this one. */
const NODES = process.env['PROOF_NODES']?.split(':') ?? [process.execPath];

/** The processes that work on one store, and what becomes of them. */
export class Processes {
  readonly acknowledged: Acknowledgement[] = [];
  readonly #url: string;
  readonly #random: () => number;
  readonly #children = new Map<number, ChildProcess>();
  #started = 0;
  #broken: string | undefined;

  constructor(url: string, random: () => number) {
    this.#url = url;
    this.#random = random;
  }

  /** Starts each process that does not run. */
  start(): void {
    for (let place = 0; place < PROCESSES; place++) if (!this.#children.has(place)) this.#fork(place);
  }

  /** @throws Error when a process has seen that a promise does not hold. */
  demandWell(): void {
    if (this.#broken !== undefined) throw new Error(this.#broken);
  }

  /** Kills one of them. */
  async kill(): Promise<void> {
    await this.#end(Math.floor(this.#random() * PROCESSES));
  }

  /** Freezes one of them for so long. */
  async freeze(forMs: number): Promise<void> {
    const child = this.#children.get(Math.floor(this.#random() * PROCESSES));
    child?.kill('SIGSTOP');
    await pause(forMs);
    child?.kill('SIGCONT');
  }

  async killAll(): Promise<void> {
    await Promise.all([...this.#children.keys()].map((place) => this.#end(place)));
  }

  /** Lets them finish their last commands and reads. */
  async finish(): Promise<void> {
    await Promise.all(
      [...this.#children.values()].map(async (child) => {
        child.send('end', ignoreGone);
        await ended(child);
      }),
    );
    this.demandWell();
  }

  async #end(place: number): Promise<void> {
    const child = this.#children.get(place);
    if (child === undefined) return;
    this.#children.delete(place);
    child.kill('SIGKILL');
    await ended(child);
  }

  #fork(place: number): void {
    this.#started += 1;
    const name = `process-${this.#started}`;
    const seed = String(Math.floor(this.#random() * 1e9));
    const child = fork(WORKING, [this.#url, name, seed], {
      execPath: NODES[place % NODES.length],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#children.set(place, child);
    child.on('message', (report: Report) => this.#take(child, report));
    child.once('exit', (code) => {
      if (code !== 0 && code !== null) this.#broken ??= `${name} ended with ${code}`;
    });
  }

  #take(from: ChildProcess, report: Report): void {
    if ('broken' in report) this.#broken ??= report.broken;
    else {
      this.acknowledged.push(report.acknowledged);
      for (const other of this.#children.values())
        if (other !== from && other.connected) other.send(report.acknowledged, ignoreGone);
    }
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

/** A process may end while it is written to. */
function ignoreGone(): void {}
