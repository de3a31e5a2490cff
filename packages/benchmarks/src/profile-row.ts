import { profileOf } from './profile/profiled-row.js';
import { rows } from './rows/all-rows.js';

// Profiles the row of its command line for the process that started it, and ends.
const row = rows.find(({ name }) => name === process.argv[2]);
if (row === undefined) throw new RangeError(`there is no row ${process.argv[2]}`);
console.log(await profileOf(row));
// A pool that was not closed would keep the process.
process.exit();
