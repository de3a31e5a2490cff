/**
 * Prints the cost of policies: bytes on disk and in memory, and the time and memory of a rebuild
 * (docs/explanation/scale.md).
 */
import { parseArgs } from 'node:util';
import { openScratch } from './harness/scratch.js';
import { withServer } from './raw/postgres-server.js';
import { printDisk } from './size/disk.js';
import { printMemory } from './size/memory.js';
import { printRebuilds } from './size/rebuilds.js';
import { postgres, sqlite } from './workload/kinds.js';

// `sqlite --most 1000000`: rebuilds on SQLite alone, up to a million policies.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, most: { type: 'string', default: '100000' } },
});
const kinds = [sqlite, postgres].filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const scratch = await openScratch();
try {
  await withServer(async () => {
    const conditions = { isQuick: values.quick, scratch, peers: { emmettSqlite: undefined, whyNot: undefined } };
    for (const kind of kinds) await printDisk(kind, conditions);
    printMemory(conditions);
    for (const kind of kinds) await printRebuilds(kind, conditions, Number(values.most));
  });
} finally {
  await scratch.remove();
}
