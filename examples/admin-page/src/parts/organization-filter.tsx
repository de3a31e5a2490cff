import type { JSX } from 'preact';
import { choose, chosen } from '../state/route.js';
import { factorLabel, MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import type { OrganizationPage } from '../wire/organizations.js';
import { counted } from '../words/counted.js';
import { WAYS_IN } from '../words/ways-in.js';

/** Filters organizations, and shows their number. The filter is in the address. */
export function OrganizationFilter({ page }: { readonly page: OrganizationPage | undefined }): JSX.Element {
  const { all, custom, attention, weaker } = page?.counts ?? { all: 0, custom: 0, attention: 0, weaker: 0 };
  return (
    <search class="organization-filter">
      <Search />
      <Choice
        label="Policy"
        name="policy"
        options={[
          ['', `Any (${shown(all)})`],
          ['default', `On the default (${shown(all - custom)})`],
          ['custom', `Custom policy (${shown(custom)})`],
        ]}
      />
      <Choice label="Still allows" name="allowing" options={[['', 'Anything'], ...FACTORS]} />
      <Choice label="Weakest way in" name="weakest" options={[['', 'Any'], ...WAYS_IN]} />
      <Tick name="attention" label={`Locks out, or can’t be read (${shown(attention)})`} />
      <Tick name="weaker" label={`Weaker than the default (${shown(weaker)})`} />
      <p class="soft" role="status">
        {page === undefined ? 'Reading the organizations…' : counted(page.total, 'organization')}
      </p>
    </search>
  );
}

/** A filter that is on or off. */
export interface TickProps {
  readonly name: string;
  readonly label: string;
}

/** A filter that is on or off, stored in the address. */
export function Tick({ name, label }: TickProps): JSX.Element {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={chosen(name) === 'yes'}
        onChange={({ currentTarget }) => {
          choose({ [name]: currentTarget.checked ? 'yes' : '', page: '', after: '' });
        }}
      />
      {label}
    </label>
  );
}

const shown = (count: number): string => count.toLocaleString('en-GB');

/** A search by name or id, stored in the address. */
export function Search(): JSX.Element {
  return (
    <label class="field">
      <span>Name or id</span>
      <input
        type="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={chosen('search')}
        onInput={({ currentTarget }) => {
          choose({ search: currentTarget.value, page: '', after: '' });
        }}
      />
    </label>
  );
}

/** The factors as options: name and display name. */
export const FACTORS: readonly (readonly [string, string])[] = [...MULTI_FACTORS, ...SECOND_FACTORS].map(
  ({ kind, name }) => [name, factorLabel(kind, name)],
);

interface ChoiceProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
}

/** A choice of one option, stored in the address. */
export function Choice({ label, name, options }: ChoiceProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select
        value={chosen(name)}
        onChange={({ currentTarget }) => {
          choose({ [name]: currentTarget.value, page: '', after: '' });
        }}
      >
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
