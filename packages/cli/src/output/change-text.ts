import type { PolicyChange } from '@login-policy/domain';
import type { ChangeWarnings } from '@login-policy/domain/model';
import type { Paint } from './paint.js';
import { providerText, settingText } from './policy-text.js';

/** The differences between two states of a policy, one line each, like a diff. */
export function changesText(changes: readonly PolicyChange[], paint: Paint): string {
  return changes.map((change) => `${changeText(change, paint)}\n`).join('');
}

function changeText(change: PolicyChange, paint: Paint): string {
  switch (change.what) {
    case 'policy':
      return change.step === 'added' ? paint('added', '+ the policy') : paint('removed', '- the policy');
    case 'setting':
      return paint('changed', `~ ${change.setting}: ${settingText(change.before)} → ${settingText(change.after)}`);
    case 'second-factor':
      return addedOrRemovedText(change.step, `second factor ${change.factor}`, paint);
    case 'multi-factor':
      return addedOrRemovedText(change.step, `multi-factor ${change.factor}`, paint);
    case 'identity-provider':
      return addedOrRemovedText(change.step, `identity provider ${providerText(change.identityProvider)}`, paint);
  }
}

function addedOrRemovedText(step: 'added' | 'removed', item: string, paint: Paint): string {
  return step === 'added' ? paint('added', `+ ${item}`) : paint('removed', `- ${item}`);
}

/** The warnings of a change, and those that existed before it. */
export function warningsText({ introduced, standing }: ChangeWarnings, paint: Paint): string {
  const lines = [
    ...introduced.map(({ warning, message }) => paint('warning', `! ${warning}: ${message}`)),
    ...standing.map(({ warning, message }) => paint('quiet', `! ${warning}, as before: ${message}`)),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
