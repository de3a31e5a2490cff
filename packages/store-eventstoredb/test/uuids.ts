import { ulidToUUID } from 'ulid';

/** The UUID form of an event's id, by another hand than the store's. */
export function uuidOf(id: string): string {
  return ulidToUUID(id).toLowerCase();
}
