import { Deadline } from '@login-policy/event-sourcing';

/** The longest wait for one answer of a hook. */
const LONGEST_WAIT_MS = 30_000;

/**
 * Waits for one answer of a hook that the program gave, which may hang: until the call's deadline, and for at most 30
 * seconds. Every hook without a time-out of its own is asked through this function, and is given frozen values: one that
 * wrote to an owner sent a rollout's command to another policy.
 *
 * @throws DeadlineExceeded that names the hook.
 */
export function answerOf<Answer>(
  hook: string,
  { given, leftMs }: Pick<Deadline, 'given' | 'leftMs'>,
  ask: (wait: Deadline) => Answer | Promise<Answer>,
): Promise<Answer> {
  const wait = { signal: given, waitMs: Math.min(LONGEST_WAIT_MS, leftMs) };
  return Deadline.run(hook, wait, async (deadline) => deadline.wait(Promise.resolve(ask(deadline))));
}
