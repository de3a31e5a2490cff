/** Makes a fresh clone ready to start and to test, with nothing there but Node and npm. Says nothing when nothing is to do. */
import { fileURLToPath } from 'node:url';
import { isFit, runOnFetchedNode } from './fit-node.mjs';
import { SetUpFailed, say } from './set-up/process.mjs';

/**
 * Sets up what is not set up yet, and resolves to the exit code. On a Node that is too old the whole command is run again on one that
 * is fetched, and this process ends with it.
 */
export async function setUp(options) {
  try {
    if (!isFit()) process.exit(await runOnFetchedNode());
    const { setUp: setUpHere } = await import('./set-up/index.mjs');
    await setUpHere(options);
    return 0;
  } catch (error) {
    if (!(error instanceof SetUpFailed)) throw error;
    if (error.output) say(error.output.trimEnd());
    say(`Set-up failed: ${error.message}`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await setUp();
