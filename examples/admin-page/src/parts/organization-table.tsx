import type { JSX } from 'preact';
import { addressOf, choose, chosen } from '../state/route.js';
import type { Organization, Sort } from '../wire/organizations.js';
import { actorName } from '../words/actor.js';
import { counted } from '../words/counted.js';
import { lockedOutInWords, weakestInWords } from '../words/ways-in.js';
import { CustomPolicyButton } from './custom-policy-button.js';
import { SelectAll, SelectCell } from './select-organizations.js';
import { Instant } from './instant.js';

const COLUMNS: readonly (readonly [Sort, string])[] = [
  ['name', 'Organization'],
  ['policy', 'Policy'],
  ['differs', 'Differs from default'],
  ['locks-out', 'Locks out'],
  ['weakest', 'Weakest way in'],
  ['changed', 'Last changed'],
];

/** A page of organizations. */
export interface OrganizationTableProps {
  readonly rows: readonly Organization[];
  /** Whether the next page is being read. */
  readonly isBusy: boolean;
}

/** A row per organization: its policy, how far it differs from the default, whom it locks out, the weakest way in, and its last change. */
export function OrganizationTable({ rows, isBusy }: OrganizationTableProps): JSX.Element {
  return (
    <table class="organizations" aria-busy={isBusy}>
      <thead>
        <tr>
          <SelectAll rows={rows} />
          {COLUMNS.map(([sort, label]) => (
            <Heading key={sort} sort={sort} label={label} />
          ))}
          <td />
        </tr>
      </thead>
      <tbody>
        {rows.map((one) => (
          <Row key={one.id} one={one} />
        ))}
      </tbody>
    </table>
  );
}

const ORDERS = { asc: 'ascending', desc: 'descending' } as const;

function Heading({ sort, label }: { readonly sort: Sort; readonly label: string }): JSX.Element {
  const isSorted = (chosen('sort') || 'name') === sort;
  const order = chosen('order') === 'desc' ? 'desc' : 'asc';
  return (
    <th scope="col" aria-sort={isSorted ? ORDERS[order] : undefined}>
      <button
        type="button"
        class="sort"
        onClick={() => {
          // For numbers and dates, users mostly want the highest first.
          const first = sort === 'name' ? '' : 'desc';
          const other = first === '' ? 'desc' : '';
          const isFirst = isSorted && chosen('order') === first;
          choose({ sort: sort === 'name' ? '' : sort, order: isFirst ? other : first, page: '' });
        }}
      >
        {label}
        <span aria-hidden="true">{isSorted ? SIGNS[order] : ''}</span>
      </button>
    </th>
  );
}

const SIGNS = { asc: ' ↑', desc: ' ↓' } as const;

function Row({ one }: { readonly one: Organization }): JSX.Element {
  const { id, name, isCustom, isReadable, differs, changeDate, changedBy } = one;
  const isComparable = isCustom && isReadable;
  return (
    <tr>
      <SelectCell one={one} />
      <th scope="row">
        <a href={addressOf({ view: 'organization', organizationId: id })}>{name}</a>
        <code>{id}</code>
      </th>
      <td>
        <span class={`badge ${isCustom ? 'badge-custom' : ''}`}>{isCustom ? 'Custom policy' : 'On the default'}</span>
      </td>
      <td data-column="Differs from default">{isComparable ? counted(differs, 'point') : '–'}</td>
      <td data-column="Locks out">
        <LocksOut one={one} />
      </td>
      <td data-column="Weakest way in">{weakestInWords(one)}</td>
      <td data-column="Last changed">
        {changeDate === undefined ? (
          '–'
        ) : (
          <>
            <Instant at={changeDate} /> {changedBy !== undefined && <>by {actorName(changedBy)}</>}
          </>
        )}
      </td>
      <td>
        <CustomPolicyButton organizationId={id} name={name} isCustom={isCustom} />
      </td>
    </tr>
  );
}

function LocksOut({ one }: { readonly one: Organization }): JSX.Element {
  const words = lockedOutInWords(one);
  if (one.isReadable && one.warnings.length === 0) return <>{words}</>;
  return (
    <span class="warning-line" title={one.warnings.map(({ message }) => message).join(' ')}>
      {words}
    </span>
  );
}
