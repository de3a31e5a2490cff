import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Peers } from '../peers/peers.js';
import type { Request } from './command-line.js';
import { interleave, type Measured } from './interleave.js';
import type { Row } from './row.js';
import { openScratch } from './scratch.js';

/** A row with its figures; none when its process ended without. */
export interface MeasuredRow {
  readonly row: Row;
  readonly measured: readonly Measured[];
}

/**
 * Measures a row in a process of its own: no row pays for what another left in memory, or profits from what the
 * compiler learned there.
 */
export async function measureApart(row: Row, { isQuick, repetitions }: Request): Promise<MeasuredRow> {
  const program = fileURLToPath(new URL('../measure.js', import.meta.url));
  const options = ['--repetitions', String(repetitions), ...(isQuick ? ['--quick'] : [])];
  const child = fork(program, [...options, row.name], { serialization: 'advanced' });
  let measured: readonly Measured[] = [];
  child.on('message', (message) => {
    if (isMeasured(message)) measured = message;
  });
  await once(child, 'exit');
  return { row, measured };
}

/** From this very program's other half: an array is what it sends. */
function isMeasured(message: unknown): message is readonly Measured[] {
  return Array.isArray(message);
}

/** Measures one row here, on files of its own that are gone afterwards. */
export async function measureHere(row: Row, request: Request, peers: Peers): Promise<readonly Measured[]> {
  const { isQuick, repetitions } = request;
  const scratch = await openScratch();
  try {
    const contenders = await row.contenders({ isQuick, scratch, peers });
    return await interleave(contenders, { repetitions, warmUps: isQuick ? Math.min(row.warmUps, 1) : row.warmUps });
  } finally {
    await scratch.remove();
  }
}
