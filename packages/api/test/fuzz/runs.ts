import { paced } from '@login-policy/testkit';

/** How often a property is tried; `npm run proofs` says more. A seed is printed when one fails. */
export const FUZZ_RUNS = Number(process.env['PROOF_ROUNDS'] ?? 120);

const LONGEST_ANSWER_MS = 20_000;

/** Answers, or fails when that takes longer than anything here may. */
export async function inTime<Result>(answering: Promise<Result>, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not answered`)), paced(LONGEST_ANSWER_MS));
  });
  try {
    return await Promise.race([answering, late]);
  } finally {
    clearTimeout(timer);
  }
}
