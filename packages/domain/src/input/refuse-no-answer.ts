import { joinInWords, shown } from '@login-policy/event-sourcing';

/**
 * Refuses a promise whose `await` was forgotten, which would pass for a success, and an outcome that no answer has.
 *
 * @throws TypeError
 */
export function refuseNoAnswer(answer: unknown, taker: string, outcomes: readonly string[]): void {
  if (typeof answer === 'object' && answer !== null && 'outcome' in answer) {
    const { outcome } = answer;
    if (outcomes.some((one) => one === outcome)) return;
    const expected = joinInWords(outcomes, 'disjunction');
    throw new TypeError(`${taker}: answer.outcome must be ${expected}, not ${shown(outcome)}`);
  }
  const isPromise = typeof answer === 'object' && answer !== null && 'then' in answer;
  throw new TypeError(
    `${taker} takes an answer, not ${isPromise ? 'a promise of one: await it first' : shown(answer)}`,
  );
}
