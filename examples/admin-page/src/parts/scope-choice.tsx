import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { organizationName } from '../state/organizations.js';
import { MOST_SELECTED } from '../state/selection.js';
import type { Scope } from '../wire/scope.js';
import { EVERYWHERE, type Reach } from '../wire/task.js';
import { ownerName } from '../words/intent.js';
import { OrganizationSearch } from './organization-search.js';

/** Where a change is made: on the policy it was begun on, on chosen custom policies, on all of these, or everywhere. */
export type Where = 'this' | 'chosen' | 'custom' | 'everywhere';

interface ScopeChoiceProps {
  readonly scope: Scope;
  readonly where: Signal<Where>;
  /** The chosen organizations. */
  readonly ids: Signal<readonly string[]>;
}

/** Chooses where a change is made. Each choice has its own preview. */
export function ScopeChoice({ scope, where, ids }: ScopeChoiceProps): JSX.Element {
  const choices: readonly (readonly [Where, string])[] = [
    ['this', ownerName(scope)],
    ['chosen', 'these organizations'],
    ['custom', 'all custom policies'],
    ['everywhere', 'everywhere'],
  ];
  return (
    <fieldset class="scope-choice">
      <legend>Where</legend>
      <div class="scope-choices">
        {choices.map(([one, words]) => (
          <label key={one} class="check">
            <input
              type="radio"
              name="where"
              checked={where.value === one}
              onChange={() => {
                where.value = one;
              }}
            />
            {words}
          </label>
        ))}
      </div>
      {where.value === 'chosen' && <Chosen ids={ids} />}
    </fieldset>
  );
}

const CUSTOM = { policy: 'custom' } as const;

function Chosen({ ids }: Pick<ScopeChoiceProps, 'ids'>): JSX.Element {
  return (
    <>
      <ul class="chosen" aria-label="These organizations">
        {ids.value.map((id) => (
          <li key={id}>
            {organizationName(id)}{' '}
            <button
              type="button"
              class="link"
              onClick={() => {
                ids.value = ids.value.filter((one) => one !== id);
              }}
            >
              Leave out<span class="hidden"> {organizationName(id)}</span>
            </button>
          </li>
        ))}
      </ul>
      {ids.value.length < MOST_SELECTED ? (
        <OrganizationSearch
          label="Add an organization with a custom policy"
          among={CUSTOM}
          pick={({ id }) => {
            ids.value = [...new Set([...ids.value, id])];
          }}
        />
      ) : (
        <p class="soft">No more can be chosen.</p>
      )}
    </>
  );
}

/** The policies of a choice; `undefined` for the one policy that the change was begun on, and for none. */
export function reachOf(where: Where, ids: readonly string[]): Reach | undefined {
  switch (where) {
    case 'this':
      return undefined;
    case 'chosen':
      return ids.length === 0 ? undefined : { organizationIds: ids, withDefault: false };
    case 'custom':
      return { organizationIds: undefined, withDefault: false };
    case 'everywhere':
      return EVERYWHERE;
  }
}
