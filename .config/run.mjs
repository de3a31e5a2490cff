/**
 * Completes the set-up, then runs a program: `node .config/run.mjs FILE [ARGUMENTS]`. With `--start` before the file,
 * it only sets up what is needed to run an example, without type-checking.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endWithShell } from './fit-node.mjs';
import { setUp } from './set-up.mjs';

const [node, , ...words] = process.argv;
const isStart = words[0] === '--start';
const [file, ...rest] = isStart ? words.slice(1) : words;
process.exitCode = await setUp({ compiles: !isStart });
if (process.exitCode === 0) {
  endWithShell();
  process.argv = [node, resolve(file), ...rest];
  await import(pathToFileURL(resolve(file)).href);
}
