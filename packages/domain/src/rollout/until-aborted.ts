import { Deadline } from '@login-policy/event-sourcing/domain';

/** The answer of a hook, which may hang; false when the signal fires first. */
export async function untilAborted(
  answer: Promise<boolean>,
  signal: AbortSignal | undefined,
  id: string,
): Promise<boolean> {
  const deadline = new Deadline(`the rollout ${id}`, { signal });
  try {
    return await deadline.wait(answer);
  } catch (caught) {
    if (signal?.aborted === true) return false;
    throw caught;
  } finally {
    deadline.end();
  }
}
