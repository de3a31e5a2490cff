/** Runs the proofs, all or one: `npm run proofs [NAME] [--rounds N] [--seed N]`. */
import { parseArgs } from 'node:util';
import { defaults } from './defaults/index.js';
import type { Proof } from './proof.js';

const PROOFS: readonly Proof[] = [defaults];

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const unknown = positionals.filter((name) => !PROOFS.some((proof) => proof.name === name));
if (unknown.length > 0) {
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
  console.log(`${proof.name}: ${proof.promise}.`);
  try {
    const figures = await proof.prove({ rounds, seed });
    const seen = Object.entries(figures).map(([what, count]) => `${count} ${what}`);
    console.log(`holds   ${proof.name}, ${rounds} rounds, seed ${seed}: ${seen.join(', ')}`);
    return true;
  } catch (caught) {
    console.log(`BROKEN  ${proof.name}, ${rounds} rounds, seed ${seed}: ${String(caught)}`);
    return false;
  }
}
