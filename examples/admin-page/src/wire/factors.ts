import { UnexpectedAnswer } from './json.js';

/** The kind of a factor. */
export type FactorKind = 'second-factor' | 'multi-factor';

/** A factor with its names on the wire and for users. */
export interface Factor {
  readonly kind: FactorKind;
  /** Its name in histories and previews. */
  readonly name: string;
  /** Its name in requests and policies. */
  readonly wireName: string;
  /** Its number, which is sent where the descriptors have no name for it yet. */
  readonly number: number;
  readonly label: string;
  readonly explanation: string;
}

/** All multi-factors. */
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

/** All second factors. */
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

/** Parses a factor of a policy: its name, or its number. @throws UnexpectedAnswer */
export function factorOf(value: unknown, kind: FactorKind): Factor {
  const known = factorsOf(kind).find((factor) => factor.wireName === value || factor.number === value);
  if (known !== undefined) return known;
  throw new UnexpectedAnswer(`${JSON.stringify(value)} is not a ${kind} that this page knows`);
}

/** All factors of one kind. */
export function factorsOf(kind: FactorKind): readonly Factor[] {
  return kind === 'multi-factor' ? MULTI_FACTORS : SECOND_FACTORS;
}

/** The display name of a factor in a history; its wire name if it is unknown. */
export function factorLabel(kind: FactorKind, name: string): string {
  return factorsOf(kind).find((factor) => factor.name === name)?.label ?? name;
}
