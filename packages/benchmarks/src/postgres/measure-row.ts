import { readCommandLine } from '../harness/command-line.js';
import { measureRow } from '../harness/measure-row.js';
import { rows } from './all-rows.js';

const wish = readCommandLine(process.argv.slice(2));
const row = rows.find(({ name }) => name === wish.names[0]);
if (row === undefined) throw new RangeError(`no row ${wish.names[0]}`);
const measured = await measureRow(row, wish, { emmettSqlite: undefined, whyNot: 'another database' });
// A peer that failed may have left connections that would keep the process.
process.send?.(measured, () => process.exit());
