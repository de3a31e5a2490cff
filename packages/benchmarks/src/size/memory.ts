import { fileURLToPath } from 'node:url';
import { runNode } from '../harness/fresh-process.js';
import type { Conditions } from '../harness/row.js';

const CHILD = fileURLToPath(new URL('heap.js', import.meta.url));
const WORKS = [
  'a policy that was read, its row kept',
  'a policy that was changed, its row and state kept',
  'an event in the memory store',
  'a row in the memory store',
];

/** Prints the memory of each kind of item, measured in a fresh process after a garbage collection. */
export function printMemory({ isQuick, scratch }: Conditions): void {
  console.log('On the heap, SQLite where a store is needed:');
  for (const work of WORKS) {
    const count = isQuick ? '1000' : '10000';
    const bytes = Number(runNode(['--expose-gc', CHILD, work, scratch.fresh('heap.db'), count]));
    console.log(`  ${work.padEnd(50)} ${Math.round(bytes)} bytes`);
  }
}
