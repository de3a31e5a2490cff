import { parseList, parseOneOf, type Parser } from '../input/invalid-value.js';

/** Every second factor, asked for after the password (docs/glossary.md). */
export const SECOND_FACTORS = ['TOTP', 'U2F', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'] as const;

/** Every multi-factor: first and second factor in one act, a passkey. */
export const MULTI_FACTORS = ['U2F_WITH_VERIFICATION'] as const;
/** The factors of both kinds. */
export const FACTORS: readonly (SecondFactor | MultiFactor)[] = [...SECOND_FACTORS, ...MULTI_FACTORS];

/** A factor asked for after the password. */
export type SecondFactor = (typeof SECOND_FACTORS)[number];

/** First and second factor in one act; a UI calls it passwordless or passkey. */
export type MultiFactor = (typeof MULTI_FACTORS)[number];

/** Parses the name of a second factor. */
export const parseSecondFactor: Parser<SecondFactor> = parseOneOf(SECOND_FACTORS);

/** Parses the name of a multi-factor. */
export const parseMultiFactor: Parser<MultiFactor> = parseOneOf(MULTI_FACTORS);

/** Parses a list of factors of one kind without duplicates, in the given order. */
export function parseFactors<Factor extends string>(
  value: unknown,
  field: string,
  factor: Parser<Factor>,
): readonly Factor[] {
  return parseList(value, field, { item: factor, same: (one) => one });
}
