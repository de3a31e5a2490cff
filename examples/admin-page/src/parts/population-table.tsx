import type { JSX } from 'preact';
import { addressOf, type Query } from '../state/route.js';
import { WAYS, type Population } from '../wire/population.js';
import { counted } from '../words/counted.js';

type Way = (typeof WAYS)[number];

const LABELS: Readonly<Record<Way, string>> = {
  passkey: 'By passkey',
  'two-factors': 'By two factors',
  'one-factor': 'By one factor only',
  'set-up': 'Have to set up a factor first',
  'locked-out': 'Locked out',
};

/** The organizations in which users can be like that. */
const LISTS: Readonly<Partial<Record<Way, Query>>> = {
  'one-factor': { weakest: 'password' },
  'locked-out': { attention: 'yes' },
};

/** How the users sign in: a bar, and the same as a table. */
export function PopulationTable({ population }: { readonly population: Population }): JSX.Element {
  // Unknown is not zero.
  if ('unknown' in population) return <p class="warning-line">It is not known. {population.unknown}</p>;
  const all = WAYS.reduce((sum, way) => sum + population[way].users, 0);
  return (
    <>
      <div class="bar" aria-hidden="true">
        {WAYS.filter((way) => population[way].users > 0).map((way) => (
          <span key={way} class={`bar-${way}`} style={{ flexGrow: population[way].users }} />
        ))}
      </div>
      <table class="population">
        <thead>
          <tr>
            <th scope="col">{counted(all, 'user')}</th>
            <th scope="col">Users</th>
            <th scope="col">Administrators</th>
          </tr>
        </thead>
        <tbody>
          {WAYS.map((way) => (
            <Row key={way} way={way} {...population[way]} />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RowProps {
  readonly way: Way;
  readonly users: number;
  readonly administrators: number;
}

function Row({ way, users, administrators }: RowProps): JSX.Element {
  const query = LISTS[way];
  const isGrave = users > 0 && way === 'locked-out';
  return (
    <tr class={isGrave ? 'population-grave' : undefined}>
      <th scope="row">
        <span class={`bar-sign bar-${way}`} aria-hidden="true" />
        {query === undefined || users === 0 ? (
          LABELS[way]
        ) : (
          <a href={addressOf({ view: 'organizations', query })}>{LABELS[way]}</a>
        )}
      </th>
      <td>{users.toLocaleString('en-GB')}</td>
      <td>{administrators.toLocaleString('en-GB')}</td>
    </tr>
  );
}
