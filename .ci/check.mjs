/** Runs all checks for problems that no test can see. Every check runs, even after a failed one. */
import { programOfNpm } from '../.config/set-up/process.mjs';
import { conclude, run, tool } from './workspace.mjs';

const node = process.execPath;
const npm = [...programOfNpm('npm'), 'run', '--silent'];
const firstCommit = (await run(['git', 'rev-list', '--max-parents=0', 'HEAD'])).stdout.trim().split('\n').at(-1);
const checks = [
  ['set-up', [node, '.config/set-up.mjs']],
  ['lint', [...npm, 'lint', '--', '--format', 'unix']],
  ['format', [...npm, 'format:check']],
  ['descriptors', [node, 'packages/api/descriptors.mjs', '--check']],
  ['walls', [node, '.ci/walls.mjs']],
  ['smells', [node, '.ci/smells.mjs']],
  ['site', [...npm, 'docs']],
  ['unused', [...npm, 'unused']],
  ['links', [node, '.ci/links.mjs']],
  ['packages', [node, '.ci/packed.mjs']],
  // Changesets since the first commit, so that all of them name existing packages.
  ['changesets', [tool('changeset'), 'status', '--since', firstCommit]],
  ['test runner', [node, '.ci/test-runner.mjs']],
  ['page size', [node, 'examples/admin-page/check-size.mjs']],
];

const failed = [];
for (const [name, command] of checks) {
  const began = Date.now();
  const { code, output } = await run(command, { env: { ...process.env, NO_COLOR: '1' } });
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  const lines = output.trim().split('\n');
  if (code === 0) console.log(`ok      ${name.padEnd(12)} ${seconds} s  ${lines.at(-1) || 'nothing to do'}`);
  else console.log(`FAILED  ${name.padEnd(12)} ${seconds} s\n${lines.map((line) => `        ${line}`).join('\n')}`);
  if (code !== 0) failed.push(name);
}
conclude(
  failed.map((name) => `Check failed: ${name}`),
  `All ${checks.length} checks passed.`,
);
