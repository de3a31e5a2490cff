/** Profiles our side of a row: `npm run bench:profile -- ROW…`. */
import { fileURLToPath } from 'node:url';
import { runNode } from './harness/fresh-process.js';
import { withServer } from './raw/postgres-server.js';
import { rows } from './rows/all-rows.js';

const PROGRAM = fileURLToPath(new URL('./profile-row.js', import.meta.url));
const names = process.argv.slice(2);
const selected = rows.filter(({ name }) => names.some((part) => name.includes(part)));
if (selected.length === 0) throw new RangeError(`rows there are: ${rows.map(({ name }) => name).join(', ')}`);
await (selected.some(({ name }) => name.endsWith('postgres')) ? withServer(profileAll) : profileAll());

async function profileAll(): Promise<void> {
  for (const { name } of selected) console.log(`${name}\n\n${runNode([PROGRAM, name])}`);
}
