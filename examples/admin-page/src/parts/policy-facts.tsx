import type { JSX } from 'preact';
import { MULTI_FACTORS, SECOND_FACTORS, type Factor } from '../wire/factors.js';
import { isOn, type Policy } from '../wire/policy.js';
import { otherItems } from '../words/policy-items.js';

/** The factors that a policy allows or does not allow, each with a sign and a word. */
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

/** Every setting of a policy, collapsed. */
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

/** What a policy requires from users, and whether it requires a password. */
export function DemandSentences({ policy }: { readonly policy: Policy }): JSX.Element {
  return (
    <p class="soft">
      {forceSentence(policy)} {passwordlessSentence(policy)}
    </p>
  );
}

function forceSentence({ settings: { forceMfa, forceMfaLocalOnly }, multiFactors, secondFactors }: Policy): string {
  if (!forceMfa && !forceMfaLocalOnly) return 'No second factor is required.';
  const forced = forceMfa ? 'A second factor is required' : 'A second factor is required after a password';
  return multiFactors.length + secondFactors.length > 0 ? `${forced}.` : `${forced}, but no factor is allowed.`;
}

function passwordlessSentence({ settings, multiFactors }: Policy): string {
  if (!settings.isPasswordlessAllowed) return 'Passwordless sign-in is not allowed.';
  return multiFactors.length > 0
    ? 'Passwordless sign-in is allowed.'
    : 'Passwordless sign-in is allowed, but there is no passkey to do it with.';
}
