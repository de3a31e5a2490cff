import { runNode } from '../harness/fresh-process.js';
import type { Contender, Row } from '../harness/row.js';
import { median } from '../harness/statistics.js';

const STARTS = 5;
const MODULES = [
  'luxon',
  'ulid',
  'better-sqlite3',
  'zod',
  '@login-policy/event-sourcing',
  '@login-policy/domain',
  '@login-policy/store-sqlite',
  '@event-driven-io/emmett',
];

/** What docs/adr/0002 is about: what an import costs a fresh process. Nothing has to be reached. */
export const imports: Row = {
  name: 'imports',
  work: 'fresh process that imports one module and ends',
  unit: 'ms, less is better',
  warmUps: 1,
  contenders: async () => [importing('raw', 'Node alone', ''), ...MODULES.map(importingModule)],
  judge: () => [],
};

function importingModule(name: string): Contender {
  return importing(name, `import('${name}')`, `await import('${name}')`);
}

function importing(name: string, how: string, code: string): Contender {
  const start = (): number => runNode(['--input-type=module', '--eval', code]).milliseconds;
  return { name, how, measure: async () => median(Array.from({ length: STARTS }, start)) };
}
