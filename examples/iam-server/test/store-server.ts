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

/** A server for one test that events can be kept on. */
export class StoreServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(url: string, child: ChildProcess, lines: AsyncIterator<string>) {
    this.url = url;
    this.#child = child;
    this.#lines = lines;
  }

  static async start(kind: keyof typeof PROGRAMS): Promise<StoreServer> {
    const child = spawn(process.execPath, [fileURLToPath(PROGRAMS[kind])], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return new StoreServer(await nextOf(lines), child, lines);
  }

  /** Kills it as a power cut would, or starts it again where it was. */
  async order(order: 'kill' | 'restart'): Promise<void> {
    this.#child.stdin?.write(`${order}\n`);
    await nextOf(this.#lines);
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}

async function nextOf(lines: AsyncIterator<string>): Promise<string> {
  const line = await lines.next();
  if (line.done === true) throw new Error('the server of the store ended');
  return line.value;
}
