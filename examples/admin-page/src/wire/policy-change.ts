import { objectOf, textOf, UnexpectedAnswer } from './json.js';

/** Whether something was added or removed. */
export type Step = 'added' | 'removed';

/** A difference between two states of a policy. */
export type PolicyChange =
  | { readonly what: 'policy'; readonly step: Step }
  | {
      readonly what: 'setting';
      readonly setting: string;
      /** `undefined` if there was no policy before. */
      readonly before: boolean | string | undefined;
      /** `undefined` if there is no policy after. */
      readonly after: boolean | string | undefined;
    }
  | { readonly what: 'second-factor' | 'multi-factor'; readonly factor: string; readonly step: Step }
  | { readonly what: 'identity-provider'; readonly id: string; readonly step: Step };

/** Parses a change. @throws UnexpectedAnswer */
export function policyChangeOf(value: unknown): PolicyChange {
  const change = objectOf(value, 'a change');
  const what = change['what'];
  switch (what) {
    case 'policy':
      return { what, step: stepOf(change['step']) };
    case 'setting':
      return {
        what,
        setting: textOf(change['setting'], 'setting'),
        before: valueOf(change['before']),
        after: valueOf(change['after']),
      };
    case 'second-factor':
    case 'multi-factor':
      return { what, factor: textOf(change['factor'], 'factor'), step: stepOf(change['step']) };
    case 'identity-provider': {
      const provider = objectOf(change['identityProvider'], 'identityProvider');
      return { what, id: textOf(provider['id'], 'id'), step: stepOf(change['step']) };
    }
    default:
      throw new UnexpectedAnswer(`${JSON.stringify(what)} is not a change that this page knows`);
  }
}

function stepOf(value: unknown): Step {
  if (value === 'added' || value === 'removed') return value;
  throw new UnexpectedAnswer('expected added or removed');
}

function valueOf(value: unknown): boolean | string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'boolean' ? value : textOf(value, 'the value of a setting');
}
