/**
 * The script of the page's first view is at most 120,000 bytes, as it comes, not compressed; what other views fetch is
 * counted beside it.
 */
import { readFileSync, readdirSync } from 'node:fs';

const LIMIT = 120_000;
const dist = new URL('dist/', import.meta.url);
const scripts = readdirSync(dist, { recursive: true }).filter((name) => /\.m?js$/.test(name));
const first = new Set();
take([...textOf('index.html').matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map(([, name]) => name));

/** A script, and what it imports before it runs. */
function take(names) {
  for (const name of names.filter((one) => !first.has(one))) {
    first.add(name);
    const imported = textOf(name).matchAll(/(?:^|[;}])(?:import|export)\b[^;("']*?(?:from)?["']\.\/([^"']+)["']/g);
    take(Array.from(imported, ([, file]) => `assets/${file}`));
  }
}

function textOf(name) {
  return readFileSync(new URL(name, dist), 'utf8');
}

const sum = (names) => [...names].reduce((total, name) => total + Buffer.byteLength(textOf(name)), 0);
const shown = (count) => count.toLocaleString('en-GB');
const others = sum(scripts) - sum(first);
console.log(
  `${shown(sum(first))} bytes of script in the first view, of ${shown(LIMIT)} at most; ${shown(others)} in others.`,
);
if (first.size === 0) console.error('There is no script: build the page first, with `npm run build`.');
process.exitCode = first.size > 0 && sum(first) <= LIMIT ? 0 : 1;
