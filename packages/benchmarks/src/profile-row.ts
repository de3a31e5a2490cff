import { profileOf } from './profile/profiled-row.js';
import { rows } from './rows/all-rows.js';

// Profiles one row for the process that started this one, and exits.
const row = rows.find(({ name }) => name === process.argv[2]);
if (row === undefined) throw new RangeError(`there is no row ${process.argv[2]}`);
console.log(await profileOf(row));
// An open pool would keep the process alive.
process.exit();
