import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Organization } from '../wire/organizations.js';
import { counted } from '../words/counted.js';

/** Which organizations are shown. */
export interface Filter {
  /** Part of a name or an id, whatever its case and accents; empty for all. */
  readonly text: string;
  readonly policy: 'any' | 'default' | 'custom';
}

/** No organization is left out. */
export const EVERYTHING: Filter = { text: '', policy: 'any' };

/** The organizations that a filter lets through. */
export function passing(all: readonly Organization[], { text, policy }: Filter): readonly Organization[] {
  const sought = plain(text.trim());
  return all.filter(
    ({ id, name, isCustom }) =>
      (policy === 'any' || isCustom === (policy === 'custom')) &&
      (plain(name).includes(sought) || plain(id).includes(sought)),
  );
}

/** Without case and accents: who seeks `zurich` finds Zürich. */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();
}

/** What the organizations that are shown are chosen by. */
export interface OrganizationFilterProps {
  readonly all: readonly Organization[];
  readonly filter: Signal<Filter>;
}

/** Finds some of many organizations, and says how many there are. */
export function OrganizationFilter({ all, filter }: OrganizationFilterProps): JSX.Element {
  const custom = all.filter(({ isCustom }) => isCustom).length;
  return (
    <search class="organization-filter">
      <label class="field">
        <span>Name or id</span>
        <input
          type="search"
          autocomplete="off"
          spellcheck={false}
          value={filter.value.text}
          onInput={({ currentTarget }) => {
            filter.value = { ...filter.value, text: currentTarget.value };
          }}
        />
      </label>
      <label class="field">
        <span>Policy</span>
        <select
          value={filter.value.policy}
          onChange={({ currentTarget }) => {
            filter.value = { ...filter.value, policy: policyOf(currentTarget.value) };
          }}
        >
          <option value="any">Any ({all.length})</option>
          <option value="default">On the default ({all.length - custom})</option>
          <option value="custom">Custom policy ({custom})</option>
        </select>
      </label>
      <p class="soft" role="status">
        {counted(passing(all, filter.value).length, 'organization')}
      </p>
    </search>
  );
}

function policyOf(value: string): Filter['policy'] {
  return value === 'default' || value === 'custom' ? value : 'any';
}
