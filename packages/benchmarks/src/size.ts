/** Prints what policies cost: bytes on disk and in memory, and the time and memory of a rebuild (docs/explanation/scale.md). */
import { parseArgs } from 'node:util';
import { openScratch } from './harness/scratch.js';
import { withServer } from './raw/postgres-server.js';
import { sayDisk } from './size/disk.js';
import { sayMemory } from './size/memory.js';
import { sayRebuilds } from './size/rebuilds.js';
import { postgres, sqlite } from './workload/kinds.js';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const scratch = await openScratch();
try {
  await withServer(async () => {
    const setting = { isQuick: values.quick, scratch, peers: { emmettSqlite: undefined, whyNot: undefined } };
    for (const kind of [sqlite, postgres]) await sayDisk(kind, setting);
    sayMemory(setting);
    for (const kind of [sqlite, postgres]) await sayRebuilds(kind, setting);
  });
} finally {
  await scratch.remove();
}
