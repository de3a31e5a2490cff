import type { SignIn } from '../index.js';
import { EFFECTS, RESULTS, type Effect, type SignInResult } from './effects.js';

/** How many sign-ins, and how many of them by administrators. */
export interface SignInCount {
  readonly signIns: number;
  readonly administrators: number;
}

/** Sign-ins by what another policy would have meant for them. */
export type SignInsByEffect = Readonly<Record<Effect, SignInCount>>;

/** Sign-ins with one result under the policy of then, and one under the other. */
export interface Transition extends SignInCount {
  readonly before: SignInResult;
  readonly after: SignInResult;
}

/** What a session has shown. */
export type Shown =
  'external-login' | 'passkey' | 'password' | NonNullable<SignIn['session']['secondFactors']>[number]['factor'];

const WIDTH = 2 * EFFECTS.length;

/** Sign-ins counted by effect; of each those of administrators too. */
export class Counts {
  readonly #counts = new Float64Array(WIDTH);

  add(effect: Effect, isAdministrator: boolean): void {
    const at = 2 * EFFECTS.indexOf(effect);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (isAdministrator) this.#counts[at + 1] = (this.#counts[at + 1] ?? 0) + 1;
  }

  of(effect: Effect): SignInCount {
    const at = 2 * EFFECTS.indexOf(effect);
    return { signIns: this.#counts[at] ?? 0, administrators: this.#counts[at + 1] ?? 0 };
  }

  byEffect(): SignInsByEffect {
    return {
      refused: this.of('refused'),
      hasToSetUp: this.of('hasToSetUp'),
      hasToVerifyMore: this.of('hasToVerifyMore'),
      weaker: this.of('weaker'),
      unchanged: this.of('unchanged'),
    };
  }

  /** Below zero when more sign-ins are hit than by `other`, worse effects first. */
  compare(other: Counts): number {
    for (let at = 0; at < WIDTH - 2; at++) {
      const differs = (other.#counts[at] ?? 0) - (this.#counts[at] ?? 0);
      if (differs !== 0) return differs;
    }
    return 0;
  }

  get isHit(): boolean {
    return this.#counts.subarray(0, WIDTH - 2).some((count) => count > 0);
  }
}

/** Counts of several groups by name. */
export class GroupedCounts<Name> {
  readonly #groups = new Map<Name, Counts>();

  /** The counts of a group, to add to. */
  of(name: Name): Counts {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const counts = new Counts();
    this.#groups.set(name, counts);
    return counts;
  }

  entries(): readonly (readonly [Name, Counts])[] {
    return [...this.#groups];
  }
}

/** Counts of the results before and after. */
export class Transitions {
  readonly #counts = new Float64Array(2 * RESULTS.length ** 2);

  add([before, after]: readonly [SignInResult, SignInResult], isAdministrator: boolean): void {
    const at = 2 * (RESULTS.indexOf(before) * RESULTS.length + RESULTS.indexOf(after));
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    if (isAdministrator) this.#counts[at + 1] = (this.#counts[at + 1] ?? 0) + 1;
  }

  all(): readonly Transition[] {
    const pairs = RESULTS.flatMap((before) => RESULTS.map((after) => ({ before, after })));
    return pairs.flatMap((pair, index) => {
      const [signIns = 0, administrators = 0] = this.#counts.subarray(2 * index, 2 * index + 2);
      return signIns === 0 ? [] : [{ ...pair, signIns, administrators }];
    });
  }
}

/** What a session has shown, each once. */
export function shownIn({ externalLogin, passkey, password, secondFactors }: SignIn['session']): readonly Shown[] {
  const shown: Shown[] = [];
  if (password !== undefined) shown.push('password');
  if (externalLogin !== undefined) shown.push('external-login');
  if (passkey !== undefined) shown.push('passkey');
  for (const { factor } of secondFactors ?? []) if (!shown.includes(factor)) shown.push(factor);
  return shown;
}
