import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './compile.mjs';
import { installPackages } from './install.mjs';
import { withLock } from './lock.mjs';
import { buildPage } from './page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Installs, compiles and builds everything that is not up to date. To run an example, nothing is compiled: its
 * JavaScript is bundled without type-checking, and without the tests' dependencies.
 *
 * Only one set-up of a folder runs at a time. Another one waits, and then finds nothing to do.
 *
 * @throws SetUpFailed
 */
export async function setUp({ compiles = true } = {}) {
  await withLock(join(root, '.data', 'set-up.db'), async () => {
    await installPackages(root, { toRun: !compiles });
    if (compiles) await compile(root);
    // Imported now, because its dependencies were just installed.
    const { bundle } = await import('./bundle.mjs');
    await bundle(root);
    await buildPage(root);
  });
}
