import type { JSX } from 'preact';
import { choose, chosen } from '../state/route.js';
import { EVENT_KINDS } from '../words/audit.js';
import { timeZone, type Edge } from '../words/instant.js';
import { DateTimeField } from './date-time-field.js';
import { Choice, FACTORS } from './organization-filter.js';
import { OrganizationPicker } from './organization-picker.js';

/** The filters of the audit log. Their values are in the address. */
export function AuditFilters(): JSX.Element {
  return (
    <search class="organization-filter">
      <Text label="Person" name="actor" />
      <Choice label="What happened" name="type" options={[['', 'Anything'], ...EVENT_KINDS]} />
      <Choice label="Factor" name="factor" options={[['', 'Any'], ...FACTORS]} />
      <Text label="Words in the reason" name="reason" />
      <When label="From" name="from" edge="start" />
      <When label="To" name="to" edge="end" />
      <label class="check">
        <input
          type="checkbox"
          checked={chosen('isDefault') !== ''}
          onChange={({ currentTarget }) => {
            choose({ isDefault: currentTarget.checked ? 'true' : '', organizationId: '', after: '' });
          }}
        />
        Only the default policy
      </label>
      <PolicyPicker />
    </search>
  );
}

/** Chooses whose policy the changes are of. */
export function PolicyPicker(): JSX.Element {
  return (
    <OrganizationPicker
      organizationId={chosen('organizationId')}
      none="All"
      pick={(id) => choose({ organizationId: id, isDefault: '', after: '' })}
    />
  );
}

interface FilterProps {
  readonly label: string;
  readonly name: string;
}

/** A text filter. It is applied when the input is complete, not on each key. */
function Text({ label, name }: FilterProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="search"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={chosen(name)}
        onChange={({ currentTarget }) => {
          choose({ [name]: currentTarget.value, after: '' });
        }}
      />
    </label>
  );
}

function When({ label, name, edge }: FilterProps & { readonly edge: Edge }): JSX.Element {
  const at = chosen(name);
  return (
    <DateTimeField
      label={label}
      note={timeZone}
      edge={edge}
      at={Number.isNaN(Date.parse(at)) ? undefined : at}
      pick={(instant) => choose({ [name]: instant ?? '', after: '' })}
    />
  );
}
