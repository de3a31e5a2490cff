import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '@login-policy/domain';
import { ruleBroken } from '../errors/refusals.js';

/** The enum numbers of second factors, the same in both versions of the API. Its `OTP` is our TOTP. */
const SECOND_FACTOR_NUMBERS: Readonly<Record<SecondFactor, number>> = {
  TOTP: 1,
  U2F: 2,
  OTP_EMAIL: 3,
  OTP_SMS: 4,
  RECOVERY_CODES: 5,
};

const MULTI_FACTOR_NUMBERS: Readonly<Record<MultiFactor, number>> = { U2F_WITH_VERIFICATION: 1 };

/** The enum number of a second factor. */
export function secondFactorNumber(factor: SecondFactor): number {
  return SECOND_FACTOR_NUMBERS[factor];
}

/** The enum number of a multi-factor. */
export function multiFactorNumber(factor: MultiFactor): number {
  return MULTI_FACTOR_NUMBERS[factor];
}

/** The second factor with this number. @throws ApiError when there is none. */
export function secondFactorOf(value: number, field = 'type'): SecondFactor {
  const factor = SECOND_FACTORS.find((name) => SECOND_FACTOR_NUMBERS[name] === value);
  if (factor === undefined) throw ruleBroken(field, 'a known second factor, not UNSPECIFIED');
  return factor;
}

/** The multi-factor with this number. @throws ApiError when there is none. */
export function multiFactorOf(value: number, field = 'type'): MultiFactor {
  const factor = MULTI_FACTORS.find((name) => MULTI_FACTOR_NUMBERS[name] === value);
  if (factor === undefined) throw ruleBroken(field, 'a known multi-factor, not UNSPECIFIED');
  return factor;
}

/**
 * The factor with this name: as in the API, `SECOND_FACTOR_TYPE_OTP`, or as in events, `TOTP`.
 *
 * @throws ApiError when there is none.
 */
export function factorNamed(name: string, field: string): SecondFactor | MultiFactor {
  const known = new Map<string, SecondFactor | MultiFactor>();
  for (const factor of SECOND_FACTORS) known.set(`SECOND_FACTOR_TYPE_${factor === 'TOTP' ? 'OTP' : factor}`, factor);
  for (const factor of MULTI_FACTORS) known.set(`MULTI_FACTOR_TYPE_${factor}`, factor);
  for (const factor of [...SECOND_FACTORS, ...MULTI_FACTORS]) known.set(factor, factor);
  const found = known.get(name);
  if (found !== undefined) return found;
  throw ruleBroken(field, `one of ${[...known.keys()].filter((one) => one.includes('_TYPE_')).join(', ')}`);
}
