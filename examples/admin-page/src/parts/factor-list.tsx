import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { propose } from '../state/proposals.js';
import { factorsOf, type FactorKind } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import { Switch } from './switch.js';

const WORDS: Readonly<Record<FactorKind, { readonly title: string; readonly lead: string }>> = {
  'multi-factor': {
    title: 'Multi-factors',
    lead: 'First and second factor in one act; no password is needed.',
  },
  'second-factor': { title: 'Second factors', lead: 'Asked for after the password.' },
};

/** The policy and the kind of factors to list. */
export interface FactorListProps {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly kind: FactorKind;
  readonly isLocked: boolean;
}

/** The factors of one kind as switches. A click opens a preview first. */
export function FactorList({ scope, policy, kind, isLocked }: FactorListProps): JSX.Element {
  const { title, lead } = WORDS[kind];
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="soft">{lead}</p>
      {factorsOf(kind).map((factor) => {
        const isThere = isOn(policy, factor);
        const wish = isThere ? 'remove-factor' : 'add-factor';
        return (
          <Switch
            key={factor.name}
            label={factor.label}
            name={factor.wireName}
            explanation={factor.explanation}
            isOn={isThere}
            isDisabled={isLocked}
            toggle={() => {
              attempt(() => propose({ scope, intent: { wish, factor }, seen: policy }));
            }}
          />
        );
      })}
    </section>
  );
}
