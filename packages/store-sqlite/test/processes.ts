import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A writer process and what it has said so far. */
export interface Writer {
  readonly child: ChildProcess;
  /** Ids of acknowledged events, in the order they were said. */
  readonly acknowledged: string[];
  /** Resolves when it has opened the file. */
  readonly ready: Promise<void>;
  /** Resolves to its exit code, or to null when a signal ended it, once all it said was heard. */
  readonly ended: Promise<number | null>;
}

/** Starts `writer.js` with its arguments. */
export function startWriter(...options: readonly string[]): Writer {
  const script = fileURLToPath(new URL('./writer.js', import.meta.url));
  const child = spawn(process.execPath, [script, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const ready = once(lines, 'line').then(() => undefined);
  lines.on('line', (line) => {
    if (line !== 'ready') acknowledged.push(line);
  });
  const heard = once(lines, 'close');
  const ended = once(child, 'exit').then(async () => {
    await heard;
    return child.exitCode;
  });
  return { child, acknowledged, ready, ended };
}
