import {
  NO_CENSUS,
  USER_CHANGES,
  type PeopleByChange,
  type PeopleUnknown,
  type UserChange,
} from '@login-policy/domain/model';

const WORDS: Readonly<Record<UserChange, string>> = {
  lockedOut: 'locked out',
  hasToSetUp: 'must set up a factor',
  weaker: 'signing in by less',
  stronger: 'signing in by more',
  unchanged: 'as now',
};

/** The users whom a change affects, in a line, or why that is unknown; nothing where users are never counted. */
export function peopleText(people: PeopleByChange | PeopleUnknown | undefined): string {
  if (people === undefined) return '';
  if ('unknown' in people)
    return people.unknown === NO_CENSUS.unknown ? '' : `Which users it affects is unknown. ${people.unknown}\n`;
  const parts = USER_CHANGES.flatMap((change) => {
    const { administrators, users } = people[change];
    const among = administrators === 0 ? '' : ` (${administrators} of them administrators)`;
    return users === 0 ? [] : [`${WORDS[change]} ${users}${among}`];
  });
  return `Users: ${parts.length === 0 ? 'none' : parts.join(', ')}.\n`;
}
