import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../harness/scratch.js';

const ROOT = join(packageFolder, '..', '..');

/** A built commit, and its program that measures one row. */
export interface OlderBuild {
  /** The commit's abbreviated hash. */
  readonly commit: string;
  readonly program: string;
}

/**
 * Builds a commit in a worktree under `.data`, where a later comparison finds it again. The rows of this commit are
 * measured in both; where they don't compile against the older packages, the older commit's own rows are.
 *
 * @throws Error for a commit that git does not know, or that does not build.
 */
export function buildCommit(name: string): OlderBuild {
  const commit = git('rev-parse', '--short=12', `${name}^{commit}`).trim();
  const folder = join(ROOT, '.data', `against-${commit}`);
  if (!existsSync(folder)) {
    git('worktree', 'prune');
    git('worktree', 'add', '--detach', folder, commit);
  }
  console.log(`Building ${commit} in ${folder} (delete it with: git worktree remove --force ${folder})`);
  const rows = join('packages', 'benchmarks', 'src');
  rmSync(join(folder, rows), { recursive: true, force: true });
  cpSync(join(ROOT, rows), join(folder, rows), { recursive: true });
  try {
    build(folder);
  } catch {
    console.log(`The rows of today do not compile in ${commit}: its own rows are measured.`);
    rmSync(join(folder, rows), { recursive: true, force: true });
    execFileSync('git', ['checkout', '--', rows], { cwd: folder });
    build(folder);
  }
  return { commit, program: join(folder, 'packages', 'benchmarks', 'dist', 'measure.js') };
}

function build(folder: string): void {
  execFileSync(process.execPath, [join('.config', 'set-up.mjs')], { cwd: folder, stdio: ['ignore', 2, 2] });
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 2] });
}
