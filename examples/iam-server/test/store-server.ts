import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What the tests of a store bring along, as a program that says where it listens. */
const PROGRAMS = {
  PostgreSQL: new URL('../../../packages/store-postgres/.test-build/server-process.js', import.meta.url),
  'the double of EventStoreDB': new URL(
    '../../../packages/store-eventstoredb/.test-build/server-process.js',
    import.meta.url,
  ),
} as const;

type Kind = keyof typeof PROGRAMS;

interface Program {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
}

/** A server for one test that events can be kept on. */
export class StoreServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #kind: Kind;

  private constructor(url: string, kind: Kind, { child, lines }: Program) {
    this.url = url;
    this.#kind = kind;
    this.#child = child;
    this.#lines = lines;
  }

  static async start(kind: Kind): Promise<StoreServer> {
    const child = spawn(process.execPath, [fileURLToPath(PROGRAMS[kind])], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return new StoreServer(await nextOf(lines), kind, { child, lines });
  }

  async #order(order: 'kill' | 'restart'): Promise<void> {
    this.#child.stdin?.write(`${order}\n`);
    await nextOf(this.#lines);
  }

  /** Takes it away: PostgreSQL is killed as by a power cut, the double falls silent. */
  async goAway(): Promise<void> {
    if (this.#kind === 'PostgreSQL') await this.#order('kill');
    else this.#child.kill('SIGSTOP');
  }

  /** Brings it back where it was. */
  async comeBack(): Promise<void> {
    if (this.#kind === 'PostgreSQL') await this.#order('restart');
    else this.#child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGCONT');
    this.#child.stdin?.end();
    await ended;
  }
}

async function nextOf(lines: AsyncIterator<string>): Promise<string> {
  const line = await lines.next();
  if (line.done === true) throw new Error('the server of the store ended');
  return line.value;
}
