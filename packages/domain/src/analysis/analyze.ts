import type { SignInRules } from '../model.js';
import type { Counterexample } from './counterexample.js';
import type { Property } from './properties.js';

/** A requirement of a standard, as a property of policies. */
export interface Clause {
  /** Where it stands: `2.2.3`. */
  readonly clause: string;
  /** Whether the standard demands or recommends it. */
  readonly requirement: 'shall' | 'should';
  /** What it asks, in our words. */
  readonly says: string;
  readonly property: Property;
}

/** Requirements of a standard: those a login policy decides, and those it can't. */
export interface Pack {
  /** `nist-aal2`. */
  readonly name: string;
  readonly title: string;
  /** The document, and where it is published. */
  readonly source: { readonly document: string; readonly url: string; readonly date: string };
  readonly clauses: readonly Clause[];
  readonly undecided: readonly { readonly clause: string; readonly why: string }[];
}

/** Whether a property holds under a policy; if not, with a sign-in that shows it. */
export interface Finding {
  readonly property: string;
  readonly says: string;
  readonly holds: boolean;
  readonly counterexample?: Counterexample;
  /** The pack, and its clause. */
  readonly pack?: string;
  readonly clause?: string;
  readonly requirement?: 'shall' | 'should';
}

/**
 * Checks packs and properties over all kinds of users and sessions under a policy: a view of an effective policy, or a
 * folded state in force. Pure.
 *
 * @throws TypeError for what is not a policy in force, or neither a pack nor a property; Error for one that can't be judged.
 */
export function analyze(policy: SignInRules, wanted: readonly (Pack | Property)[]): readonly Finding[] {
  const given: unknown = policy;
  if (typeof given !== 'object' || given === null || !('settings' in given))
    throw new TypeError('analyze: the policy must be one in force, such as `policy` in an answer.');
  const providers: unknown = Reflect.get(given, 'identityProviders');
  if (!Array.isArray(providers) || !providers.every((one) => typeof one === 'object' && one !== null))
    throw new TypeError('analyze: identityProviders of the policy must be a list of identity providers.');
  const asked: unknown = wanted;
  if (!Array.isArray(asked) || !asked.every(isWanted))
    throw new TypeError('analyze: what is wanted must be a list of packs and properties.');
  const known = new Map<Property, Finding>();
  const findingOf = (property: Property): Finding => {
    const found = known.get(property) ?? finding(property, property.counterexampleIn(policy));
    known.set(property, found);
    return found;
  };
  return wanted.flatMap((one) =>
    'clauses' in one
      ? one.clauses.map(({ clause, property, requirement, says }) => ({
          ...findingOf(property),
          says,
          pack: one.name,
          clause,
          requirement,
        }))
      : [findingOf(one)],
  );
}

function isWanted(one: unknown): boolean {
  return typeof one === 'object' && one !== null && ('clauses' in one || 'counterexampleIn' in one);
}

function finding({ name, says }: Property, found: Counterexample | undefined): Finding {
  return { property: name, says, holds: found === undefined, ...(found !== undefined && { counterexample: found }) };
}
