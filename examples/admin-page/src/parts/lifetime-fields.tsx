import type { JSX } from 'preact';
import { draftOf, refusalAt, typeLifetime } from '../state/draft.js';
import { LIFETIME_NAMES, type LifetimeName } from '../wire/settings.js';
import { amountOf, problemOf, UNITS, type Amount } from '../words/duration.js';
import { LIFETIME_WORDS, wireNameOf } from '../words/settings.js';
import { Field, type FieldTies } from './field.js';
import type { SettingFieldProps } from './setting-field-props.js';

/** The five lifetimes, each with a number and a unit. */
export function LifetimeFields(props: SettingFieldProps): JSX.Element {
  return (
    <div class="lifetimes">
      {LIFETIME_NAMES.map((name) => (
        <LifetimeField key={name} name={name} {...props} />
      ))}
    </div>
  );
}

interface LifetimeFieldProps extends SettingFieldProps {
  readonly name: LifetimeName;
}

function LifetimeField({ name, scope, policy, isLocked, settings }: LifetimeFieldProps): JSX.Element {
  const amount = (isLocked ? undefined : draftOf(scope)?.amounts[name]) ?? amountOf(settings[name]);
  return (
    <Field
      {...LIFETIME_WORDS[name]}
      name={wireNameOf(name)}
      problem={problemOf(amount) ?? refusalAt(scope, name)}
      control={(ties) => (
        <AmountInputs
          ties={ties}
          unitLabel={`${LIFETIME_WORDS[name].label}, unit`}
          amount={amount}
          isLocked={isLocked}
          change={(typed) => {
            typeLifetime(scope, policy, [name, typed]);
          }}
        />
      )}
    />
  );
}

interface AmountInputsProps {
  readonly ties: FieldTies;
  readonly unitLabel: string;
  readonly amount: Amount;
  readonly isLocked: boolean;
  readonly change: (amount: Amount) => void;
}

/** The inputs of a number and a unit. */
export function AmountInputs({ ties, unitLabel, amount, isLocked, change }: AmountInputsProps): JSX.Element {
  return (
    <div class="lifetime-inputs">
      <input
        {...ties}
        type="text"
        inputMode="decimal"
        autocomplete="off"
        value={amount.text}
        disabled={isLocked}
        onInput={({ currentTarget }) => {
          change({ ...amount, text: currentTarget.value });
        }}
      />
      <select
        aria-label={unitLabel}
        disabled={isLocked}
        value={amount.unit}
        onChange={({ currentTarget }) => {
          change({ ...amount, unit: UNITS.find((one) => one === currentTarget.value) ?? amount.unit });
        }}
      >
        {UNITS.map((unit) => (
          <option key={unit} value={unit}>
            {unit}
          </option>
        ))}
      </select>
    </div>
  );
}
