/** The script of the page's first view is under 110,000 bytes, as it comes, not compressed. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LIMIT = 110_000;
const dist = new URL('dist/', import.meta.url);
const scripts = readdirSync(dist, { recursive: true }).filter((name) => /\.m?js$/.test(name));
const bytes = scripts.map((name) => readFileSync(new URL(name, dist)).length).reduce((sum, length) => sum + length, 0);

console.log(
  `${bytes.toLocaleString('en-GB')} bytes of script in ${fileURLToPath(dist)}, of ${LIMIT.toLocaleString('en-GB')} at most.`,
);
if (scripts.length === 0) console.error('There is no script: build the page first, with `npm run build`.');
process.exitCode = scripts.length > 0 && bytes < LIMIT ? 0 : 1;
