import { readCommandLine } from './harness/command-line.js';
import { measureHere } from './harness/measure-row.js';
import { openPeers } from './peers/open-peers.js';
import { rows } from './rows/all-rows.js';

// Measures one row for the process that started this one, reports it, and exits.
const request = readCommandLine(process.argv.slice(2));
const row = rows.find(({ name }) => name === request.names[0]);
if (row === undefined) throw new RangeError(`there is no row ${request.names[0]}`);
const measured = await measureHere(
  row,
  request,
  await openPeers(request.isQuick || request.isOursOnly, () => undefined),
);
// A failed peer may leave connections, servers and clients that would keep the process alive.
process.send?.(measured, () => process.exit());
