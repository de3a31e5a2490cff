import { eventId, type EventId } from '@login-policy/event-sourcing';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 26;

/** Returns the ULIDs 00000000000000000000000001, …02, …03 and so on: the same in every run of a test. */
export function sequentialIds(): () => EventId {
  let last = 0;
  return () => {
    last += 1;
    return eventId(inCrockford(last).padStart(LENGTH, '0'));
  };
}

function inCrockford(value: number): string {
  return Array.from(value.toString(32), (digit) => CROCKFORD[Number.parseInt(digit, 32)]).join('');
}
