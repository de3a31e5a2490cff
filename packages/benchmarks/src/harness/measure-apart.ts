import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Wish } from './command-line.js';
import type { Measured } from './interleave.js';
import { medianOf, type MeasuredRow } from './measure-row.js';
import type { Row } from './row.js';

/**
 * Measures a row in a process of its own, by the program that knows the row: no row pays for what another left in memory, or profits from what the compiler
 * learned there. When that process dies, which its standard error explains, the row has no figures.
 */
export async function measureApart(row: Row, wish: Wish, program: URL): Promise<MeasuredRow> {
  const options = ['--repetitions', String(wish.repetitions), ...(wish.isQuick ? ['--quick'] : [])];
  const child = fork(fileURLToPath(program), [...options, row.name], { serialization: 'advanced' });
  let measured: readonly Measured[] = [];
  child.on('message', (message) => {
    if (isMeasured(message)) measured = message;
  });
  await once(child, 'exit');
  return { row, measured, verdicts: row.judge((name) => medianOf(measured, name)) };
}

/** From this very program's other half: an array is what it sends. */
function isMeasured(message: unknown): message is readonly Measured[] {
  return Array.isArray(message);
}
