/** Runs the proofs, all or one: `npm run proofs -- [NAME …] [--rounds N | --times N] [--seed N]`. */
import { atLength } from './at-length.js';
import { attacks } from './attacks/index.js';
import { readCommandLine, type Request } from './command-line.js';
import { consumers } from './consumers/index.js';
import { defaults } from './defaults/index.js';
import { disturbed } from './disturbed/index.js';
import { interleavings } from './interleavings/index.js';
import { looks } from './looks/index.js';
import type { Proof } from './proof.js';
import { rollouts } from './rollouts/index.js';

try {
  const request = readCommandLine(process.argv.slice(2), {
    all: [defaults, disturbed, looks, rollouts, consumers, interleavings, attacks, ...atLength],
    environment: process.env,
  });
  for (const proof of request.proofs) if (!(await run(proof, request))) process.exitCode = 1;
} catch (caught) {
  if (!(caught instanceof RangeError)) throw caught;
  console.error(caught.message);
  process.exitCode = 2;
}

async function run(proof: Proof, request: Request): Promise<boolean> {
  const { rounds = proof.rounds * request.times, seed = Date.now() % 1_000_000 } = request;
  const description = `${proof.name}, ${rounds} rounds, seed ${seed}`;
  const began = performance.now();
  console.log(`${proof.name}: ${proof.promise}.`);
  try {
    const figures = await proof.prove({ rounds, seed });
    const seen = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`holds   ${description}: ${seen.join(', ')}, after ${seconds} s`);
    return true;
  } catch (caught) {
    console.log(`BROKEN  ${description}: ${String(caught)}`);
    return false;
  }
}
