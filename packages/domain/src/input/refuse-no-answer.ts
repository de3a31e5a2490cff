import { shown } from '@login-policy/event-sourcing';

/** Refuses a promise whose `await` was forgotten, which would pass for a success. @throws TypeError */
export function refuseNoAnswer(answer: unknown, taker: string): void {
  if (typeof answer === 'object' && answer !== null && 'outcome' in answer) return;
  const isPromise = typeof answer === 'object' && answer !== null && 'then' in answer;
  throw new TypeError(
    `${taker} takes an answer, not ${isPromise ? 'a promise of one: await it first' : shown(answer)}`,
  );
}
