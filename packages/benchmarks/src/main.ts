import { availableParallelism, cpus } from 'node:os';
import { readCommandLine, type Wish } from './harness/command-line.js';
import { measureApart } from './harness/measure-apart.js';
import type { MeasuredRow } from './harness/measure-row.js';
import { openPeers } from './peers/open-peers.js';
import { writeDocument } from './report/document.js';
import { asMarkdown, type Circumstances } from './report/markdown.js';
import { summaryAsText } from './report/summary.js';
import { rowAsText } from './report/text.js';
import { rows } from './rows/all-rows.js';

const wish = readCommandLine(process.argv.slice(2));
const wanted = rows.filter(({ name }) => wish.names.length === 0 || wish.names.some((part) => name.includes(part)));
if (wanted.length === 0) throw new RangeError(`rows there are: ${rows.map(({ name }) => name).join(', ')}`);

await openPeers(console.log);
const measured: MeasuredRow[] = [];
for (const row of wanted) {
  const done = await measureApart(row, wish);
  measured.push(done);
  console.log(rowAsText(done));
}
console.log(summaryAsText(measured));
if (wish.writes) console.log(`\nWritten to ${await writeDocument(asMarkdown(measured, circumstances(wish)))}`);

function circumstances({ repetitions }: Wish): Circumstances {
  return {
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString().slice(0, 10),
    node: `Node ${process.versions.node}`,
    machine: `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${process.platform}`,
    repetitions,
  };
}
