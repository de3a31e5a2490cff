import { objectOf, textOf } from './json.js';

/** What every answer says of the policy it is about: always all four. */
export interface Details {
  readonly sequence: string;
  /** In ISO 8601, as are all instants here. */
  readonly creationDate: string;
  readonly changeDate: string;
  readonly resourceOwner: string;
}

/** The four, in the order in which the API's page has them. */
export const DETAILS_MEMBERS = ['sequence', 'creationDate', 'changeDate', 'resourceOwner'] as const;

/** Reads details. @throws UnexpectedAnswer */
export function detailsOf(value: unknown): Details {
  const details = objectOf(value, 'details');
  return {
    sequence: textOf(details['sequence'], 'sequence'),
    creationDate: textOf(details['creationDate'], 'creationDate'),
    changeDate: textOf(details['changeDate'], 'changeDate'),
    resourceOwner: textOf(details['resourceOwner'], 'resourceOwner'),
  };
}

/** Whether two answers say the very same. */
export function isSameDetails(one: Details, other: Details): boolean {
  return DETAILS_MEMBERS.every((member) => isSameMember(member, one, other));
}

/** Whether one member says the same in both. Instants are compared as instants, however many digits they are written with. */
export function isSameMember(member: (typeof DETAILS_MEMBERS)[number], one: Details, other: Details): boolean {
  if (member === 'creationDate' || member === 'changeDate')
    return Date.parse(one[member]) === Date.parse(other[member]);
  return one[member] === other[member];
}
