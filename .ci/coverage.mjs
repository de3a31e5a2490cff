/**
 * Runs the tests of the kernel, the domain and the stores, and lists the lines and branches that no test executes: `npm
 * run coverage`. Fails when coverage is below the floors. Coverage does not show that a test would notice a defect;
 * `npm run mutants` does.
 */
import { spawnSync } from 'node:child_process';
import { programOfNpm } from '../.config/set-up/process.mjs';
import { conclude, root } from './workspace.mjs';

// Coverage of a bundle could not be attributed to files.
process.env['LOGIN_POLICY_MODULES'] = 'apart';
const tested = ['domain', 'event-sourcing', 'store-sqlite', 'store-postgres', 'store-eventstoredb'];
/** The minimum coverage of lines and branches in percent, over all these files together. */
const floors = [
  ['the decider', 'packages/domain/src/{commands/{decide,revert},policy/evolve}.ts', 100, 100],
  ['the handler', 'packages/event-sourcing/src/decisions/command-*.ts', 98, 95],
  ['the domain', 'packages/domain/src/**', 98, 92],
  ['the kernel', 'packages/event-sourcing/src/**', 98, 93],
  ['SQLite', 'packages/store-sqlite/src/**', 94, 90],
  ['PostgreSQL', 'packages/store-postgres/src/**', 97, 91],
  ['EventStoreDB', 'packages/store-eventstoredb/src/**', 96, 90],
];

const tests = c8(process.execPath, '.config/test.mjs', ...tested);
const missed = floors.filter(([, files, lines, branches]) => {
  const least = [`--lines=${lines}`, `--branches=${branches}`, '--functions=0', '--statements=0'];
  return c8('check-coverage', '--include', files, ...least) !== 0;
});
conclude(
  [...(tests === 0 ? [] : ['The tests failed.']), ...missed.map(([name]) => `${name} is below its floor`)],
  `${floors.map(([name, , lines, branches]) => `${name} ${lines}/${branches}`).join(', ')}: every floor is kept. See .data/coverage/index.html`,
);

function c8(...args) {
  const [file, ...rest] = [...programOfNpm('npx'), '--yes', 'c8@12.0.0', '--config', '.config/c8rc.json', ...args];
  return spawnSync(file, rest, { cwd: root, stdio: 'inherit' }).status;
}
