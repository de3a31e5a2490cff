import type { JSX } from 'preact';
import { MULTI_FACTORS, SECOND_FACTORS, type Factor } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
import type { Settings } from '../wire/settings.js';
import { otherItems } from '../words/policy-items.js';

/** Which factors a policy allows, with a sign and a word for each: what is missing is as clear as what is there. */
export function FactorFacts({ policy }: { readonly policy: Policy }): JSX.Element {
  return (
    <ul class="facts">
      {[...MULTI_FACTORS, ...SECOND_FACTORS].map((factor) => (
        <Fact key={factor.name} factor={factor} isThere={isOn(policy, factor)} />
      ))}
    </ul>
  );
}

function Fact({ factor, isThere }: { readonly factor: Factor; readonly isThere: boolean }): JSX.Element {
  return (
    <li class={isThere ? 'fact' : 'fact fact-missing'}>
      <span class="fact-sign" aria-hidden="true">
        {isThere ? '✓' : '–'}
      </span>
      {factor.label}
      <span class="hidden">{isThere ? ' is allowed' : ' is not allowed'}</span>
    </li>
  );
}

/** Every setting of a policy, folded up. */
export function AllSettings({ policy }: { readonly policy: Policy }): JSX.Element {
  return (
    <details class="all-settings">
      <summary>All settings</summary>
      <dl>
        {otherItems(policy).map(({ label, value }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

/** What a policy asks of users, and whether a password is needed. */
export function DemandSentences({ policy }: { readonly policy: Policy }): JSX.Element {
  const { isPasswordlessAllowed } = policy.settings;
  return (
    <p class="soft">
      {forceSentence(policy.settings)} Passwordless sign-in is {isPasswordlessAllowed ? 'allowed' : 'not allowed'}.
    </p>
  );
}

/** A policy in one line: its factors, and what is asked of users. */
export function PolicyInShort({ policy }: { readonly policy: Policy }): JSX.Element {
  const factors = [...policy.multiFactors, ...policy.secondFactors];
  return (
    <>
      {factors.length === 0 ? (
        <p>No factor beyond the password.</p>
      ) : (
        <ul class="chips" aria-label="Factors">
          {factors.map(({ name, kind, label }) => (
            <li key={name} class={`chip chip-${kind}`}>
              {label}
            </li>
          ))}
        </ul>
      )}
      <DemandSentences policy={policy} />
    </>
  );
}

function forceSentence({ forceMfa, forceMfaLocalOnly }: Settings): string {
  if (forceMfa) return 'A factor is forced.';
  return forceMfaLocalOnly ? 'A factor is forced for local users.' : 'No factor is forced.';
}
