import type { Rejected } from '@login-policy/domain';
import { Refused } from './answers.js';

/** What was granted. @throws Refused */
export function granted<Granted extends { readonly outcome: string }>(
  answer: Granted | Rejected,
): Exclude<Granted, Rejected> {
  if (isGranted(answer)) return answer;
  throw refusedOf(answer);
}

function isGranted<Granted extends { readonly outcome: string }>(
  answer: Granted | Rejected,
): answer is Exclude<Granted, Rejected> {
  return answer.outcome !== 'rejected';
}

/** A refusal of the library, as every command meets it. */
function refusedOf(answer: { readonly outcome: string } | Rejected): Error {
  if (!('rejection' in answer)) return new Error('a refusal has a rejection');
  const { message, rejection } = answer;
  return new Refused(message, {
    reason: rejection.reason,
    field: rejection.reason === 'invalid-argument' ? rejection.field : undefined,
  });
}
