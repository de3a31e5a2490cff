import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { draftOf, typeLifetime } from '../state/draft.js';
import { LIFETIME_NAMES, type LifetimeName } from '../wire/settings.js';
import { amountOf, problemOf, UNITS, type Unit } from '../words/duration.js';
import { LIFETIME_WORDS, wireNameOf } from '../words/settings.js';
import type { FieldProps } from './field-props.js';

/** The five lifetimes, each as a number and a unit. */
export function LifetimeFields(props: FieldProps): JSX.Element {
  return (
    <div class="lifetimes">
      {LIFETIME_NAMES.map((name) => (
        <LifetimeField key={name} name={name} {...props} />
      ))}
    </div>
  );
}

function LifetimeField({ name, scope, policy, isLocked, settings }: FieldProps & { readonly name: LifetimeName }): JSX.Element {
  const id = useId();
  const { label, explanation } = LIFETIME_WORDS[name];
  const amount = draftOf(scope)?.amounts[name] ?? amountOf(settings[name]);
  const problem = problemOf(amount);
  return (
    <div class="field lifetime">
      <label for={id}>{label}</label> <code>{wireNameOf(name)}</code>
      <p class="soft" id={`${id}-explanation`}>
        {explanation}
      </p>
      <div class="lifetime-inputs">
        <input
          id={id}
          type="text"
          inputMode="decimal"
          autocomplete="off"
          value={amount.text}
          disabled={isLocked}
          aria-invalid={problem !== undefined}
          aria-describedby={`${id}-explanation ${id}-problem`}
          onInput={({ currentTarget }) => {
            typeLifetime(scope, policy, [name, { ...amount, text: currentTarget.value }]);
          }}
        />
        <UnitChoice
          label={`${label}, unit`}
          unit={amount.unit}
          isLocked={isLocked}
          choose={(unit) => {
            typeLifetime(scope, policy, [name, { ...amount, unit }]);
          }}
        />
      </div>
      <p class="problem" id={`${id}-problem`} aria-live="polite">
        {problem}
      </p>
    </div>
  );
}

interface UnitChoiceProps {
  readonly label: string;
  readonly unit: Unit;
  readonly isLocked: boolean;
  readonly choose: (unit: Unit) => void;
}

function UnitChoice({ label, unit, isLocked, choose }: UnitChoiceProps): JSX.Element {
  return (
    <select
      aria-label={label}
      disabled={isLocked}
      value={unit}
      onChange={({ currentTarget }) => {
        choose(UNITS.find((one) => one === currentTarget.value) ?? unit);
      }}
    >
      {UNITS.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}
