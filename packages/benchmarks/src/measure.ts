import { readCommandLine } from './harness/command-line.js';
import { measureHere } from './harness/measure-row.js';
import { openPeers } from './peers/open-peers.js';
import { rows } from './rows/all-rows.js';

// Measures the row of its command line for the process that started it, tells, and ends.
const request = readCommandLine(process.argv.slice(2));
const row = rows.find(({ name }) => name === request.names[0]);
if (row === undefined) throw new RangeError(`there is no row ${request.names[0]}`);
const measured = await measureHere(row, request, await openPeers(request.isQuick, () => undefined));
// A peer that failed may have left connections, and servers and clients, that would keep the process.
process.send?.(measured, () => process.exit());
