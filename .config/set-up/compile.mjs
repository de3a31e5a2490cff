import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetUpFailed, run, say } from './process.mjs';
import { removeStaleOutput } from './stale-output.mjs';

const worthSayingSeconds = 3;

/** Compiles changed sources, and deletes the declarations of deleted ones. */
export async function compile(root) {
  removeStaleOutput(root);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) throw new SetUpFailed(`${compiler} is missing; delete node_modules and run this again.`);
  const { code, output, seconds } = await run([process.execPath, compiler, '-b', '.config'], {
    cwd: root,
    doing: 'compiling',
  });
  if (code !== 0) throw new SetUpFailed('the sources do not compile; the errors stand above.', output);
  if (seconds >= worthSayingSeconds) say(`Compiled in ${seconds} s.`);
}
