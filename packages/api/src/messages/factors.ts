import { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from '@login-policy/domain';
import { ruleBroken } from '../errors/refusals.js';

/** The numbers second factors travel by, the same in both versions of the API. Their `OTP` is what we call TOTP. */
const SECOND_FACTOR_NUMBERS: Readonly<Record<SecondFactor, number>> = {
  TOTP: 1,
  U2F: 2,
  OTP_EMAIL: 3,
  OTP_SMS: 4,
  RECOVERY_CODES: 5,
};

const MULTI_FACTOR_NUMBERS: Readonly<Record<MultiFactor, number>> = { U2F_WITH_VERIFICATION: 1 };

/** The number a second factor travels by. */
export function secondFactorNumber(factor: SecondFactor): number {
  return SECOND_FACTOR_NUMBERS[factor];
}

/** The number a multi-factor travels by. */
export function multiFactorNumber(factor: MultiFactor): number {
  return MULTI_FACTOR_NUMBERS[factor];
}

/** The second factor behind a number. @throws ApiError when there is none. */
export function secondFactorOf(value: number, field = 'type'): SecondFactor {
  const factor = SECOND_FACTORS.find((name) => SECOND_FACTOR_NUMBERS[name] === value);
  if (factor === undefined) throw ruleBroken(field, 'a second factor that is known and specified');
  return factor;
}

/** The multi-factor behind a number. @throws ApiError when there is none. */
export function multiFactorOf(value: number, field = 'type'): MultiFactor {
  const factor = MULTI_FACTORS.find((name) => MULTI_FACTOR_NUMBERS[name] === value);
  if (factor === undefined) throw ruleBroken(field, 'a multi-factor that is known and specified');
  return factor;
}
