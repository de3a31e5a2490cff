import type { JSX } from 'preact';
import { lockedOutOf, USER_CHANGES, type People } from '../wire/people.js';
import { counted } from '../words/counted.js';
import { USER_CHANGE_WORDS } from '../words/people.js';

/** Whom a change affects, and what it means for the signed-in user. */
export interface WhoIsAffectedProps {
  /** `undefined` for a change that no sign-in depends on. */
  readonly people: People | undefined;
  /** `undefined` if it does not reach the signed-in user. */
  readonly you?: string | undefined;
}

/** The users whom a change affects, by what it means for them, with administrators apart, and the signed-in user. */
export function WhoIsAffected({ people, you }: WhoIsAffectedProps): JSX.Element | null {
  if (people === undefined && you === undefined) return null;
  const isGrave = lockedOutOf(people).administrators > 0 || you === 'lockedOut';
  return (
    <div class={isGrave ? 'affected affected-grave' : 'affected'}>
      {people !== undefined && <Counts people={people} />}
      {you !== undefined && <p class={isGrave ? 'affected-you' : 'soft'}>You: {FOR_YOU[you] ?? you}.</p>}
    </div>
  );
}

const FOR_YOU: Readonly<Record<string, string>> = {
  lockedOut: 'it locks you out yourself',
  hasToSetUp: 'you have to set up a factor first',
  weaker: 'you sign in by less',
  stronger: 'you sign in by more',
  unchanged: 'nothing changes for you',
};

function Counts({ people }: { readonly people: People }): JSX.Element {
  // Unknown is not zero.
  if ('unknown' in people) return <p class="warning-line">How many users it affects is not known. {people.unknown}</p>;
  const hit = USER_CHANGES.filter((change) => people[change].users > 0);
  if (hit.length === 0) return <p>Nobody signs in otherwise than now.</p>;
  return (
    <table>
      <caption class="hidden">Users by what it means for them</caption>
      <tbody>
        {USER_CHANGES.map((change) => {
          const { administrators, users } = people[change];
          return (
            <tr key={change} class={users === 0 ? 'affected-none' : `affected-${change}`}>
              <th scope="row">{USER_CHANGE_WORDS[change]}</th>
              <td>{counted(users, 'user')}</td>
              <td>{administrators > 0 && `${counted(administrators, 'administrator')} among them`}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
