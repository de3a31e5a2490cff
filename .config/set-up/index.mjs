import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';
import { installPackages } from './install.mjs';
import { withLock } from './lock.mjs';
import { buildPage } from './page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Installs, compiles and builds what is not yet installed, compiled and built. To run an
 * example nothing has to be compiled: its JavaScript is made without a look at the types, and without what tests are made of.
 *
 * Only one set-up of a folder works at a time: a second one waits, and then finds nothing to do.
 *
 * @throws SetUpFailed
 */
export async function setUp({ compiles = true } = {}) {
  await withLock(join(root, '.data', 'set-up.db'), async () => {
    await installPackages(root, { toRun: !compiles });
    if (compiles) await compile(root);
    // What it needs was installed just now.
    const { bundle } = await import('./bundle.mjs');
    await bundle(root);
    await buildPage(root);
  });
}
