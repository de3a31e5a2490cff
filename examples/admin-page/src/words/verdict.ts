import type { Verdict } from '../wire/check.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import { providerName } from '../state/identity-providers.js';

/** One rule of a verdict: its question, and the answer. */
export interface RuleWords {
  readonly rule: string;
  readonly answer: string;
}

const HEADLINES: Readonly<Record<string, string>> = {
  proceed: 'Yes, they would get in.',
  authenticate: 'Not yet: the first step is missing.',
  verify: 'Not yet: the second step is missing.',
  'set-up': 'Not yet: they have to set up a second factor first.',
  impossible: 'No, they could not get in.',
};

/** The verdict in one sentence. */
export function headlineOf({ outcome }: Verdict): string {
  return HEADLINES[outcome] ?? outcome;
}

/** The rules of a verdict, in the order in which they are evaluated. */
export function rulesOf(verdict: Verdict): readonly RuleWords[] {
  const { offerSetUp } = verdict;
  return [
    { rule: 'First step: password, identity provider or passkey', answer: firstStep(verdict) },
    { rule: 'Second step', answer: secondStep(verdict) },
    ...(offerSetUp.length > 0 ? [{ rule: 'Offered to set up', answer: anyOf(offerSetUp) }] : []),
  ];
}

function firstStep({ outcome, options, reason }: Verdict): string {
  if (outcome === 'authenticate') return `Missing. It could be ${anyOf(options)}.`;
  if (outcome === 'impossible' && reason === 'no-way-to-sign-in')
    return 'Not possible: nothing that the policy allows is theirs.';
  return 'Done.';
}

function secondStep({ outcome, options, level, reason }: Verdict): string {
  switch (outcome) {
    case 'verify':
      return `Missing. It could be ${anyOf(options)}.`;
    case 'set-up':
      return `Required, and they have nothing that is allowed. They could set up ${anyOf(options)}.`;
    case 'impossible':
      return reason === 'no-factor-left' ? 'Required, and nothing can be used or set up.' : 'Not reached.';
    case 'proceed':
      if (level === 'passkey') return 'Done with the first: a passkey counts for both.';
      return level === 'two-factors'
        ? 'Done.'
        : 'Not asked for: they have no second factor that is allowed, and none is required.';
    default:
      return 'Not reached.';
  }
}

function anyOf(options: readonly string[]): string {
  return new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(options.map(optionLabel));
}

/** The display name of a method, a factor or an identity provider. */
function optionLabel(name: string): string {
  if (name === 'password') return 'the password';
  if (name === 'passkey') return 'a passkey';
  return [...MULTI_FACTORS, ...SECOND_FACTORS].find((factor) => factor.name === name)?.label ?? providerName(name);
}
