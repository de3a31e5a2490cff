import type { JSX } from 'preact';
import { choose, chosen } from '../state/route.js';
import { EVENT_KINDS } from '../words/audit.js';
import { timeZone, type Edge } from '../words/instant.js';
import { DateTimeField } from './date-time-field.js';
import { Choice, FACTORS } from './organization-filter.js';
import { OrganizationPicker } from './organization-picker.js';

/** The value in the address for the default policy alone. */
export const OF_DEFAULT = 'default';

/** The filters of the audit log. Their values are in the address. */
export function AuditFilters(): JSX.Element {
  const organizationId = chosen('organizationId');
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
          checked={organizationId === OF_DEFAULT}
          onChange={({ currentTarget }) => {
            choose({ organizationId: currentTarget.checked ? OF_DEFAULT : '', after: '' });
          }}
        />
        Only the default policy
      </label>
      <OrganizationPicker
        organizationId={organizationId === OF_DEFAULT ? '' : organizationId}
        none="All"
        pick={(id) => choose({ organizationId: id, after: '' })}
      />
    </search>
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
      isOfPast={false}
    />
  );
}
