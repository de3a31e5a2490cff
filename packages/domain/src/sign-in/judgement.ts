import type { SecondFactor } from '../policy/factors.js';
import { counts, hasPassword, hasSecondFactor, type Check } from './checks.js';
import { canSetUp, canSetUpPasskey, type Case, type Step } from './steps.js';
import type {
  AuthenticationMethod,
  Judgement,
  Proceed,
  SignInImpossibility,
  SignInLevel,
  SignInOption,
} from './sign-in.js';

/** The second factors in the order to offer them. */
const OFFERED: readonly SecondFactor[] = ['U2F', 'TOTP', 'OTP_EMAIL', 'OTP_SMS', 'RECOVERY_CODES'];
const PASSWORD: SignInOption = Object.freeze({ method: 'password' });
const PASSKEY: SignInOption = Object.freeze({ method: 'passkey' });

/** The members of `proceed` that time may change within a level. */
type Proceeding = Pick<Proceed, 'amr' | 'authenticatedAt' | 'offerSetUp'>;

/** When a step was judged, and until when it holds. */
interface Span {
  readonly at: number;
  readonly validUntil: Date | undefined;
}

/** A step as an answer. */
export function judgementOf(of: Case, step: Step, { at, validUntil }: Span): Judgement {
  switch (step) {
    case 'one-factor':
    case 'two-factors':
    case 'passkey': {
      const { amr, authenticatedAt, offerSetUp } = proceeding(of, step, at);
      return { outcome: 'proceed', level: step, amr, authenticatedAt, offerSetUp, validUntil };
    }
    case 'authenticate': {
      const options = firstSteps(of);
      return options.length === 0
        ? impossible('no-way-to-sign-in', validUntil)
        : { outcome: 'authenticate', options, validUntil };
    }
    case 'verify':
      return {
        outcome: 'verify',
        options: optionsFor((factor) => hasSecondFactor(of.rules, of.signIn, factor)),
        validUntil,
      };
    case 'verify-passkey':
      return { outcome: 'verify', options: [PASSKEY], validUntil };
    case 'set-up':
      return { outcome: 'set-up', options: toSetUp(of), validUntil };
    case 'no-factor-left':
    case 'level-not-reachable':
      return impossible(step, validUntil);
  }
}

function impossible(reason: SignInImpossibility, validUntil: Date | undefined): Judgement {
  return { outcome: 'impossible', reason, validUntil };
}

/** The options for a first step. The policy's other identity providers only appear when there is no other option. */
function firstSteps({ canUsePasskey, rules, signIn }: Case): readonly SignInOption[] {
  const options: SignInOption[] = canUsePasskey ? [PASSKEY] : [];
  if (signIn.request.level === 'passkey') return options;
  if (hasPassword(rules, signIn)) options.push(PASSWORD);
  if (!rules.settings.allowExternalIdp) return options;
  const linked = inBoth(rules.identityProviders, signIn.user.identityProviders);
  const offered = options.length === 0 && linked.length === 0 ? rules.identityProviders : linked;
  for (const id of sorted(offered)) options.push({ method: 'external-login', identityProvider: id });
  return options;
}

/** The members of `proceed` besides the level. */
export function proceeding(of: Case, level: SignInLevel, at: number): Proceeding {
  const { externalLogin, passkey, password, secondFactors } = of.checks;
  const amr: AuthenticationMethod[] = [];
  let newest = Number.NEGATIVE_INFINITY;
  if (counts(password, at)) {
    amr.push('pwd');
    newest = later(newest, password);
  }
  if (counts(externalLogin, at)) newest = later(newest, externalLogin);
  let [byKey, byCode, bySms] = [false, false, false];
  for (const check of secondFactors) {
    if (!counts(check, at)) continue;
    newest = later(newest, check);
    if (check.factor === 'U2F') byKey = true;
    else if (check.factor === 'OTP_SMS') bySms = true;
    else byCode = true;
  }
  if (byKey) amr.push('hwk');
  if (counts(passkey, at)) newest = later(newest, passkey);
  if (byKey || counts(passkey, at)) amr.push('user');
  if (byCode) amr.push('otp');
  if (bySms) amr.push('sms');
  if (level !== 'one-factor') amr.push('mfa');
  const offerSetUp = level === 'one-factor' && at >= of.offersFrom ? toSetUp(of) : [];
  return { amr, authenticatedAt: new Date(newest), offerSetUp };
}

function later(instant: number, { from }: Check): number {
  return from > instant ? from : instant;
}

/** What the policy lets the user set up that they lack. */
export function toSetUp(of: Case): readonly SignInOption[] {
  const missing = optionsFor((factor) => canSetUp(of, factor));
  return canSetUpPasskey(of) ? [PASSKEY, ...missing] : missing;
}

function optionsFor(isWanted: (factor: SecondFactor) => boolean): readonly SignInOption[] {
  const options: SignInOption[] = [];
  for (const factor of OFFERED) if (isWanted(factor)) options.push({ method: 'second-factor', factor });
  return options;
}

function inBoth(these: readonly string[], those: readonly string[]): readonly string[] {
  if (these.length === 0 || those.length === 0) return [];
  const wanted = new Set(those);
  return these.filter((text) => wanted.has(text));
}

/** Sorted and without duplicates, so that the answer does not depend on the order of the input. */
function sorted(texts: readonly string[]): readonly string[] {
  return texts.length < 2 ? texts : [...new Set(texts)].toSorted();
}
