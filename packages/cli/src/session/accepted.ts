import type { Rejected } from '@login-policy/domain';
import { Refused } from './answers.js';

/** The accepted answer. @throws Refused */
export function accepted<Answer extends { readonly outcome: string }>(
  answer: Answer | Rejected,
): Exclude<Answer, Rejected> {
  if (isAccepted(answer)) return answer;
  throw refusedOf(answer);
}

function isAccepted<Answer extends { readonly outcome: string }>(
  answer: Answer | Rejected,
): answer is Exclude<Answer, Rejected> {
  return answer.outcome !== 'rejected';
}

/** The error for a refusal of the library. */
function refusedOf(answer: { readonly outcome: string } | Rejected): Error {
  if (!('rejection' in answer)) return new Error('expected a refusal with a rejection');
  const { message, rejection } = answer;
  return new Refused(message, {
    reason: rejection.reason,
    field: rejection.reason === 'invalid-argument' ? rejection.field : undefined,
  });
}
