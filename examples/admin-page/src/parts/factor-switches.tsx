import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { propose } from '../state/proposals.js';
import { factorsOf, type FactorKind } from '../wire/factors.js';
import { isOn } from '../wire/policy.js';
import type { SettingsFormProps } from './setting-field-props.js';
import { Switch } from './switch.js';

/** The policy and the kind of factors to list. */
export interface FactorSwitchesProps extends SettingsFormProps {
  readonly kind: FactorKind;
}

/** The factors of one kind as switches. A click opens a preview first. */
export function FactorSwitches({ scope, policy, kind, isLocked }: FactorSwitchesProps): JSX.Element {
  return (
    <>
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
    </>
  );
}
