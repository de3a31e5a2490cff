import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Peers } from '../peers/peers.js';
import type { Request } from './command-line.js';
import { interleave, type Measured } from './interleave.js';
import { isOurs, type Row } from './row.js';
import { openScratch } from './scratch.js';

/** A row with its figures; without any when its process ended early. */
export interface MeasuredRow {
  readonly row: Row;
  readonly measured: readonly Measured[];
}

/** The program that measures one row. */
const MEASURE = fileURLToPath(new URL('../measure.js', import.meta.url));

/**
 * Measures a row in its own process, so that rows don't affect each other through memory or compiled code. Another
 * `program` is that of another commit.
 */
export async function measureApart(
  row: Row,
  { isOursOnly, isQuick, repetitions }: Pick<Request, 'isOursOnly' | 'isQuick' | 'repetitions'>,
  program: string = MEASURE,
): Promise<MeasuredRow> {
  const flags = [...(isQuick ? ['--quick'] : []), ...(isOursOnly ? ['--ours'] : [])];
  const options = ['--repetitions', String(repetitions), ...flags];
  const child = fork(program, [...options, row.name], { serialization: 'advanced' });
  let measured: readonly Measured[] = [];
  child.on('message', (message) => {
    if (isMeasured(message)) measured = message;
  });
  await once(child, 'exit');
  return { row, measured };
}

/** Sent by the other half of this program: always an array. */
function isMeasured(message: unknown): message is readonly Measured[] {
  return Array.isArray(message);
}

/** Measures one row in this process, with files that are deleted afterwards. */
export async function measureHere(row: Row, request: Request, peers: Peers): Promise<readonly Measured[]> {
  const { isOursOnly, isQuick, repetitions } = request;
  const scratch = await openScratch();
  try {
    const contenders = await row.contenders({ isQuick, scratch, peers });
    const ours = contenders.filter(isOurs);
    const chosen = (isQuick || isOursOnly) && ours.length > 0 ? ours : contenders;
    return await interleave(chosen, { repetitions, warmUps: isQuick ? 0 : row.warmUps });
  } finally {
    await scratch.remove();
  }
}
