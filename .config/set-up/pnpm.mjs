import { programOfNpm } from './process.mjs';

const version = '12.21.0';

/** The pnpm version that wrote pnpm-lock.yaml, run by npx. A global pnpm is not used. */
export function pnpm() {
  return [...programOfNpm('npx'), '--yes', `pnpm@${version}`];
}
