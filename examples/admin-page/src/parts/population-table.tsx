import type { ComponentChildren, JSX } from 'preact';
import { addressOf, type Query } from '../state/route.js';
import { mayReadUsers } from '../state/session.js';
import { WAYS, type Population } from '../wire/population.js';
import { counted } from '../words/counted.js';
import { WAY_WORDS } from '../words/ways.js';

type Way = (typeof WAYS)[number];

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
            <th scope="col">
              <UsersLink query={{}}>{counted(all, 'user')}</UsersLink>
            </th>
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
  const isGrave = users > 0 && way === 'locked-out';
  const words = WAY_WORDS[way];
  return (
    <tr class={isGrave ? 'population-grave' : undefined}>
      <th scope="row">
        <span class={`bar-sign bar-${way}`} aria-hidden="true" />
        {words}
      </th>
      <td>
        <Count count={users} query={{ way }} of={`users: ${words}`} />
      </td>
      <td>
        <Count count={administrators} query={{ way, administrators: 'yes' }} of={`administrators: ${words}`} />
      </td>
    </tr>
  );
}

/** A number that leads to the users it counts. */
function Count({ count, of, query }: CountProps): JSX.Element {
  const shown = count.toLocaleString('en-GB');
  if (count === 0) return <>{shown}</>;
  return (
    <UsersLink query={query}>
      {shown}
      <span class="hidden"> {of}</span>
    </UsersLink>
  );
}

interface CountProps {
  readonly count: number;
  /** What is counted, for those who hear the link alone. */
  readonly of: string;
  readonly query: Query;
}

function UsersLink({ query, children }: { readonly query: Query; readonly children: ComponentChildren }): JSX.Element {
  // Some roles read policies, and not who the users are.
  return mayReadUsers() ? <a href={addressOf({ view: 'users', query })}>{children}</a> : <>{children}</>;
}
