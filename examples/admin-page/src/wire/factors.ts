import { UnexpectedAnswer } from './json.js';

/** Which of the two kinds a factor is of. */
export type FactorKind = 'second-factor' | 'multi-factor';

/** A factor as this page shows it: its name on the wire, and what a person calls it. */
export interface Factor {
  readonly kind: FactorKind;
  /** As history and previews name it. */
  readonly name: string;
  /** As the API's requests and policies name it. */
  readonly wireName: string;
  /** The number it travels by where the descriptors have no name for it yet. */
  readonly number: number;
  readonly label: string;
  readonly explanation: string;
}

/** Every multi-factor there is. */
export const MULTI_FACTORS: readonly Factor[] = [
  {
    kind: 'multi-factor',
    name: 'U2F_WITH_VERIFICATION',
    wireName: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION',
    number: 1,
    label: 'Passkeys (U2F with verification)',
    explanation: 'A fingerprint, a face or a PIN on the user’s own device.',
  },
];

/** Every second factor there is. */
export const SECOND_FACTORS: readonly Factor[] = [
  second(1, ['TOTP', 'OTP'], ['Authenticator app (TOTP)', 'A code that changes every half minute.']),
  second(2, ['U2F', 'U2F'], ['Security key (U2F)', 'A touch on a device that is registered.']),
  second(3, ['OTP_EMAIL', 'OTP_EMAIL'], ['Code by email', 'A code for one use, sent to the user’s address.']),
  second(4, ['OTP_SMS', 'OTP_SMS'], ['Code by text message', 'A code for one use, sent to the user’s phone.']),
  second(
    5,
    ['RECOVERY_CODES', 'RECOVERY_CODES'],
    ['Recovery codes', 'Codes that were printed once, for the day a device is lost.'],
  ),
];

function second(
  number: number,
  [name, wire]: readonly [string, string],
  [label, explanation]: readonly [string, string],
): Factor {
  return { kind: 'second-factor', name, wireName: `SECOND_FACTOR_TYPE_${wire}`, number, label, explanation };
}

/** Reads a factor of one kind as a policy lists it: by its name, or by its number. @throws UnexpectedAnswer */
export function factorOf(value: unknown, kind: FactorKind): Factor {
  const known = factorsOf(kind).find((factor) => factor.wireName === value || factor.number === value);
  if (known !== undefined) return known;
  throw new UnexpectedAnswer(`${JSON.stringify(value)} is no ${kind} this page knows`);
}

/** Every factor of one kind. */
export function factorsOf(kind: FactorKind): readonly Factor[] {
  return kind === 'multi-factor' ? MULTI_FACTORS : SECOND_FACTORS;
}

/** What a person calls a factor that is named as in a history; the name itself, when it is not known here. */
export function factorLabel(kind: FactorKind, name: string): string {
  return factorsOf(kind).find((factor) => factor.name === name)?.label ?? name;
}
