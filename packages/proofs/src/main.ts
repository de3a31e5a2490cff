/** Runs the proofs, all or one: `npm run proofs -- [NAME] [--rounds N] [--seed N]`. */
import { parseArgs } from 'node:util';
import { atLength } from './at-length.js';
import { defaults } from './defaults/index.js';
import type { Proof } from './proof.js';

const PROOFS: readonly Proof[] = [defaults, ...atLength];

/** `npm run proofs NAME --rounds N`, without `--`: then the number has become a name, or all of it is lost. */
const keptByNpm = ['rounds', 'seed'].filter((name) => process.env[`npm_config_${name}`] !== undefined);

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !PROOFS.some((proof) => proof.name === name));
if (keptByNpm.length > 0) {
  console.error(`npm kept --${keptByNpm.join(' and --')} to itself: npm run proofs -- NAME --rounds N --seed N`);
  process.exitCode = 2;
} else if (unknown.length > 0) {
  console.error(`There is no proof ${unknown.join(', ')}. There are: ${PROOFS.map(({ name }) => name).join(', ')}.`);
  process.exitCode = 2;
} else {
  for (const proof of PROOFS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    if (!(await run(proof))) process.exitCode = 1;
  }
}

async function run(proof: Proof): Promise<boolean> {
  const rounds = Number(values.rounds ?? proof.rounds);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  const course = `${proof.name}, ${rounds} rounds, seed ${seed}`;
  const began = performance.now();
  console.log(`${proof.name}: ${proof.promise}.`);
  try {
    const figures = await proof.prove({ rounds, seed });
    const seen = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`holds   ${course}: ${seen.join(', ')}, after ${seconds} s`);
    return true;
  } catch (caught) {
    console.log(`BROKEN  ${course}: ${String(caught)}`);
    return false;
  }
}
