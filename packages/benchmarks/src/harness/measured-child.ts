import type { Peers } from '../peers/peers.js';
import { readCommandLine } from './command-line.js';
import { measureRow } from './measure-row.js';
import type { Row } from './row.js';

/** The half of `measureApart` that runs in the process of its own: measures the row of the command line, tells, and ends. */
export async function measureForParent(rows: readonly Row[], peers: Peers): Promise<void> {
  const wish = readCommandLine(process.argv.slice(2));
  const row = rows.find(({ name }) => name === wish.names[0]);
  if (row === undefined) throw new RangeError(`no row ${wish.names[0]}`);
  const measured = await measureRow(row, wish, peers);
  // A peer that failed may have left connections, and servers and clients, that would keep the process.
  process.send?.(measured, () => process.exit());
}
