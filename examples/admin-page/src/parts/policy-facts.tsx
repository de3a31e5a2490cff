import type { JSX } from 'preact';
import { MULTI_FACTORS, SECOND_FACTORS, type Factor } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
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
  return (
    <p class="soft">
      {forceSentence(policy)} {passwordlessSentence(policy)}
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

function forceSentence({ settings: { forceMfa, forceMfaLocalOnly }, multiFactors, secondFactors }: Policy): string {
  if (!forceMfa && !forceMfaLocalOnly) return 'No factor is forced.';
  const forced = forceMfa ? 'A factor is forced' : 'A factor is forced for local users';
  return multiFactors.length + secondFactors.length > 0 ? `${forced}.` : `${forced}, but there is none to use.`;
}

function passwordlessSentence({ settings, multiFactors }: Policy): string {
  if (!settings.isPasswordlessAllowed) return 'Passwordless sign-in is not allowed.';
  return multiFactors.length > 0
    ? 'Passwordless sign-in is allowed.'
    : 'Passwordless sign-in is allowed, but there is no multi-factor to do it with.';
}
