import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProofOptions, Proof } from './proof.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const mocha = createRequire(new URL('../../../package.json', import.meta.url)).resolve('mocha/bin/mocha.js');
const manyRuns = fileURLToPath(new URL('many-runs.js', import.meta.url));
const LONGEST_TEST_MS = 3_600_000;

/** The tests of a promise to prove. */
export interface TestedProof extends Omit<Proof, 'prove'> {
  /** Compiled test files, as paths from the root. */
  readonly files: readonly string[];
  /** Only the tests whose full title fits one of these regular expressions. Each must fit a test in every file. */
  readonly only?: readonly string[];
  /** Runs them once in each of these environments. Default: once, in this process's. */
  readonly environments?: readonly Readonly<Record<string, string>>[];
}

/**
 * Proves a promise with the packages' own tests, which check it with few rounds in CI, by more rounds. They read
 * `PROOF_ROUNDS` and `PROOF_SEED`; properties get both through fast-check.
 */
export function provenByTests({ files, only, environments = [{}], ...proof }: TestedProof): Proof {
  // One run for each title, because the reporter fails a run in which a file has no test.
  const selections = only?.map((title) => ['--grep', title, ...files]) ?? [files];
  return {
    ...proof,
    prove: async (options) => {
      // Mocha only warns of one, and proves the rest.
      const missing = files.filter((file) => !existsSync(join(root, file)));
      if (missing.length > 0) throw new Error(`there is no test file ${missing.join(', ')}`);
      let tests = 0;
      for (const environment of environments)
        for (const args of selections) {
          const found = await run(args, { ...options, environment });
          tests += found;
        }
      return { tests };
    },
  };
}

/** Runs tests, and returns their number. */
function run(
  args: readonly string[],
  { rounds, seed, environment }: ProofOptions & { readonly environment: Readonly<Record<string, string>> },
): Promise<number> {
  const config = ['--config', '.config/mocharc.json', '--require', manyRuns, '--timeout', String(LONGEST_TEST_MS)];
  const env = { ...process.env, ...environment, PROOF_ROUNDS: String(rounds), PROOF_SEED: String(seed) };
  const child = spawn(process.execPath, [mocha, ...config, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, refuse) => {
    child.once('error', refuse);
    child.once('close', (code) => {
      const text = Buffer.concat(output).toString('utf8');
      const passed = /^(\d+) passed, 0 failed$/m.exec(text)?.[1];
      if (code === 0 && passed !== undefined) resolve(Number(passed));
      else refuse(new Error(`\n${text.trim()}`));
    });
  });
}
