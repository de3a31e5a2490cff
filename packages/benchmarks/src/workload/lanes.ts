/** How many policies there are where commands come at the same time. */
export const POLICIES = 1000;
/** How many of those commands are on their way at any time. */
export const AT_ONCE = 32;

/** Gives commands to the policies in turns, never more than {@link AT_ONCE} on their way. */
export async function lanes(count: number, give: (policy: number, round: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const job = next++;
      await give(job % POLICIES, Math.floor(job / POLICIES));
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: AT_ONCE }, lane));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed !== undefined) throw new Error(String(failed.reason), { cause: failed.reason });
}
