/**
 * Sets up a fresh clone on a machine with only Node and npm, then runs a program, if one is named:
 * `node .config/set-up.mjs [--start] [FILE [ARGUMENTS]]`. Prints nothing when there is nothing to set up. With `--start`,
 * only what is needed to run an example is set up, without type-checking.
 *
 * If the Node is too old, the whole command runs again on a downloaded one, and this process ends with it.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetUpFailed, endWithShell, isFit, runOnFetchedNode, say } from './fit-node.mjs';

const [node, , ...words] = process.argv;
const isStart = words[0] === '--start';
const [file, ...rest] = isStart ? words.slice(1) : words;
endWithShell();
try {
  if (!isFit()) process.exit(await runOnFetchedNode());
  const { build } = await import('./build.mjs');
  await build({ compiles: !isStart });
} catch (error) {
  if (!(error instanceof SetUpFailed)) throw error;
  say(`Set-up failed: ${error.message}`);
  process.exit(1);
}
if (file !== undefined) {
  process.argv = [node, resolve(file), ...rest];
  await import(pathToFileURL(resolve(file)).href);
}
