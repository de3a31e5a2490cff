/** Sets up a fresh clone on a machine with only Node and npm. Prints nothing when there is nothing to do. */
import { fileURLToPath } from 'node:url';
import { isFit, runOnFetchedNode } from './fit-node.mjs';
import { SetUpFailed, say } from './set-up/step.mjs';

/**
 * Completes the set-up, and resolves to the exit code. If the Node is too old, the whole command runs again on a
 * downloaded one, and this process ends with it.
 */
export async function setUp(options) {
  try {
    if (!isFit()) process.exit(await runOnFetchedNode());
    const { setUp: setUpHere } = await import('./set-up/index.mjs');
    await setUpHere(options);
    return 0;
  } catch (error) {
    if (!(error instanceof SetUpFailed)) throw error;
    say(`Set-up failed: ${error.message}`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await setUp();
