/** How often a property is tried: `FUZZ_RUNS=20000` for a long run by hand. A seed is printed when one fails. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 120);

/** A long run takes its time; a short one has that of any test. */
export const FUZZ_TIMEOUT_MS = Math.max(20_000, FUZZ_RUNS * 100);

/** Answers, or fails when that takes longer than anything here may. */
export async function inTime<Result>(answering: Promise<Result>, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} was not answered`)), 5000);
  });
  try {
    return await Promise.race([answering, late]);
  } finally {
    clearTimeout(timer);
  }
}
