import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';
import { installPackages } from './install.mjs';
import { withLock } from './lock.mjs';
import { buildPage } from './page.mjs';
import { SetUpFailed, say } from './process.mjs';
import { ensureSqliteDriver } from './sqlite-driver.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Installs, checks, compiles and builds what is not yet installed, sound, compiled and built; answers with the exit code. To run an
 * example nothing has to be compiled: its JavaScript is made without a look at the types, and without what tests are made of.
 *
 * Only one set-up of a folder works at a time: a second one waits, and then finds nothing to do.
 */
export async function setUp({ compiles = true } = {}) {
  try {
    await withLock(join(root, '.data', 'set-up.lock'), async () => {
      await installPackages(root, { toRun: !compiles });
      await ensureSqliteDriver(root);
      if (compiles) await compile(root);
      // What it needs was installed just now.
      const { bundle } = await import('./bundle.mjs');
      await bundle(root);
      await buildPage(root);
    });
    return 0;
  } catch (error) {
    if (!(error instanceof SetUpFailed)) throw error;
    if (error.output) say(error.output.trimEnd());
    say(`Set-up failed: ${error.message}`);
    return 1;
  }
}
