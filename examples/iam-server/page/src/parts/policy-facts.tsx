import type { JSX } from 'preact';
import { MULTI_FACTORS, SECOND_FACTORS, type Factor } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
import { SWITCH_WORDS } from '../words/settings.js';

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

/** A policy in one line: its factors, and what is asked of users. */
export function PolicyInShort({ policy }: { readonly policy: Policy }): JSX.Element {
  const factors = [...policy.multiFactors, ...policy.secondFactors];
  const { forceMfa, forceMfaLocalOnly, isPasswordlessAllowed } = policy.settings;
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
      <p class="soft">
        {forceSentence(forceMfa, forceMfaLocalOnly)} {SWITCH_WORDS.isPasswordlessAllowed.label} is{' '}
        {isPasswordlessAllowed ? 'allowed' : 'not allowed'}.
      </p>
    </>
  );
}

function forceSentence(...[isForced, isForcedForLocal]: readonly [boolean, boolean]): string {
  if (isForced) return 'A factor is forced.';
  return isForcedForLocal ? 'A factor is forced for local users.' : 'No factor is forced.';
}
