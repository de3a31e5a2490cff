import { readCommandLine } from '../harness/command-line.js';
import { measureRow } from '../harness/measure-row.js';
import { rows } from './rows.js';

const wish = readCommandLine(process.argv.slice(2));
const row = rows.find(({ name }) => name === wish.names[0]);
if (row === undefined) throw new RangeError(`no row ${wish.names[0]}`);
const measured = await measureRow(row, wish, { emmettSqlite: undefined, whyNot: 'another kind of work' });
// The servers and clients end with the process that started them.
process.send?.(measured, () => process.exit());
