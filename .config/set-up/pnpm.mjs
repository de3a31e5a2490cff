import { programOfNpm } from './process.mjs';

const version = '12.21.0';

/** The pnpm that wrote pnpm-lock.yaml, fetched by npx: a global pnpm, if there is one, plays no part. */
export function pnpm() {
  return [...programOfNpm('npx'), '--yes', `pnpm@${version}`];
}
