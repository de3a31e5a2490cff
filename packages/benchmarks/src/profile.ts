/** Says where the time of our side of a row goes: `npm run bench:profile -- ROW… [--write]` (docs/explanation/profiles.md). */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runNode } from './harness/fresh-process.js';
import { withServer } from './raw/postgres-server.js';
import { writeBetween } from './report/markdown.js';
import { rows } from './rows/all-rows.js';

const PROGRAM = fileURLToPath(new URL('./profile-row.js', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean', default: false } },
});
const wanted = rows.filter(({ name }) => positionals.some((part) => name.includes(part)));
if (wanted.length === 0) throw new RangeError(`rows there are: ${rows.map(({ name }) => name).join(', ')}`);
await (wanted.some(({ name }) => name.endsWith('postgres')) ? withServer(profileAll) : profileAll());

async function profileAll(): Promise<void> {
  for (const { name } of wanted) {
    const said = runNode([PROGRAM, name]);
    console.log(`${name}\n\n${said}`);
    if (!values.write) continue;
    const date = new Date().toISOString().slice(0, 10);
    const command = `\`npm run bench:profile -- ${name}\` on ${date}, Node ${process.versions.node}.`;
    await writeBetween('profiles.md', `profile ${name}`, `${command} ${said}`);
  }
}
