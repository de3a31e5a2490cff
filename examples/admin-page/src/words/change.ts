import { providerName } from '../state/identity-providers.js';
import { factorLabel } from '../wire/factors.js';
import type { PolicyChange, Step } from '../wire/policy-change.js';
import { isoInWords } from './duration.js';
import { settingLabel } from './settings.js';

/** A change as a line of a diff. Sign and text say the same, so that no user depends on the colour. */
export interface ChangeWords {
  readonly step: Step | 'changed';
  readonly sign: '+' | '−' | '±';
  readonly what: string;
  /** The setting, factor or identity provider by its name or id in the API; empty for the policy itself. */
  readonly name: string;
  /** For a setting: its value before and after. */
  readonly values?: readonly [string, string];
}

/** Describes a change. */
export function changeInWords(change: PolicyChange): ChangeWords {
  switch (change.what) {
    case 'policy':
      return addedOrRemoved(change.step, { what: 'The policy as a whole', name: '' });
    case 'setting':
      return {
        step: 'changed',
        sign: '±',
        what: settingLabel(change.setting),
        name: change.setting,
        values: [valueInWords(change.setting, change.before), valueInWords(change.setting, change.after)],
      };
    case 'second-factor':
    case 'multi-factor':
      return addedOrRemoved(change.step, { what: factorLabel(change.what, change.factor), name: change.factor });
    case 'identity-provider':
      return addedOrRemoved(change.step, { what: `Identity provider ${providerName(change.id)}`, name: change.id });
  }
}

function addedOrRemoved(step: Step, words: Pick<ChangeWords, 'what' | 'name'>): ChangeWords {
  return { step, sign: step === 'added' ? '+' : '−', ...words };
}

/** The value of a setting, as in histories. */
export function valueInWords(setting: string, value: boolean | string | undefined): string {
  if (value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (value === '') return 'empty';
  if (setting === 'passwordlessType') return value === 'ALLOWED' ? 'on' : 'off';
  return setting.startsWith('lifetimes.') ? isoInWords(value, setting.replace('lifetimes.', '')) : value;
}

/**
 * Describes the changes of an event in one short clause, such as `removed Passkeys (U2F with verification)`. `owner` is
 * the organization's name; absent for the default policy.
 */
export function changesInShort(changes: readonly PolicyChange[], owner?: string): string {
  const whole = changes.find((change) => change.what === 'policy');
  if (whole?.what === 'policy') {
    if (owner === undefined) return `${whole.step} the default policy`;
    return whole.step === 'added' ? `gave ${owner} a custom policy` : `reset ${owner} to the default`;
  }
  const [first, ...others] = changes.map(changeInWords);
  if (first === undefined) return 'changed nothing';
  const rest = others.length === 0 ? '' : `, and ${others.length} more`;
  if (first.values === undefined) return `${first.step} ${first.what}${rest}`;
  return `changed ${first.what} from ${first.values[0]} to ${first.values[1]}${rest}`;
}
