import { objectOf, textOf } from './json.js';

/** The details of a policy in every answer. All four are always present. */
export interface Details {
  readonly sequence: string;
  /** In ISO 8601, like all instants here. */
  readonly creationDate: string;
  readonly changeDate: string;
  readonly resourceOwner: string;
}

/** The members of {@link Details}, in the order of the API's reference. */
export const DETAILS_MEMBERS = ['sequence', 'creationDate', 'changeDate', 'resourceOwner'] as const;

/** Parses details. @throws UnexpectedAnswer */
export function detailsOf(value: unknown): Details {
  const details = objectOf(value, 'details');
  return {
    sequence: textOf(details['sequence'], 'sequence'),
    creationDate: textOf(details['creationDate'], 'creationDate'),
    changeDate: textOf(details['changeDate'], 'changeDate'),
    resourceOwner: textOf(details['resourceOwner'], 'resourceOwner'),
  };
}

/** Whether two details are equal. */
export function isSameDetails(one: Details, other: Details): boolean {
  return DETAILS_MEMBERS.every((member) => isSameMember(member, one, other));
}

/** Whether one member is equal. Instants are compared as instants, regardless of their number of digits. */
export function isSameMember(member: (typeof DETAILS_MEMBERS)[number], one: Details, other: Details): boolean {
  if (member === 'creationDate' || member === 'changeDate')
    return Date.parse(one[member]) === Date.parse(other[member]);
  return one[member] === other[member];
}
