/** Each list of providers, and each organization, has a number below these: then a class has a key that is exact. */
const [KINDS, MOST_ORGANIZATIONS, MOST_LISTS] = [2 ** 7, 2 ** 24, 2 ** 22];

/** The classes of a census that were met: an exact set in a few bytes a class, as there may be millions. */
export class ClassSet {
  readonly #organizations = new Map<string, number>();
  readonly #lists = new Map<string, number>();
  readonly #keys = new NumberSet();

  /** Adds a class. Answers the place of its organization, from 1 on (0: the instance); `undefined` if it is doubled. */
  add(organizationId: string | undefined, kind: number, identityProviders: readonly string[]): number | undefined {
    const place = organizationId === undefined ? 0 : placeOf(organizationId, this.#organizations, MOST_ORGANIZATIONS);
    const list = this.#listOf(identityProviders);
    const key = (list * MOST_ORGANIZATIONS + place) * KINDS + kind;
    return this.#keys.add(key) ? place : undefined;
  }

  #listOf(identityProviders: readonly string[]): number {
    if (identityProviders.length === 0) return 0;
    const distinct = identityProviders.length === 1 ? identityProviders : [...new Set(identityProviders)].toSorted();
    return placeOf(JSON.stringify(distinct), this.#lists, MOST_LISTS);
  }
}

function placeOf(name: string, places: Map<string, number>, most: number): number {
  const known = places.get(name);
  if (known !== undefined) return known;
  if (places.size + 1 >= most) throw new RangeError(`a census is counted with up to ${most} different lists`);
  places.set(name, places.size + 1);
  return places.size;
}

const SEGMENTS = 64;
const FIRST_SLOTS = 64;

/** A set of whole numbers, in tables that grow one at a time. */
class NumberSet {
  readonly #tables = Array.from({ length: SEGMENTS }, () => ({ slots: new Float64Array(FIRST_SLOTS), used: 0 }));

  /** Whether the number is new. */
  add(key: number): boolean {
    const hash = hashOf(key);
    const table = this.#tables[hash % SEGMENTS];
    if (table === undefined) throw new RangeError('a hash has a table');
    if (!insert(table.slots, key + 1, hash)) return false;
    if (++table.used * 4 > table.slots.length * 3) table.slots = grown(table.slots);
    return true;
  }
}

/** Open addressing: 0 is an empty slot. */
function insert(slots: Float64Array, stored: number, hash: number): boolean {
  const last = slots.length - 1;
  let slot = Math.floor(hash / SEGMENTS) & last;
  for (; slots[slot] !== 0; slot = (slot + 1) & last) if (slots[slot] === stored) return false;
  slots[slot] = stored;
  return true;
}

function grown(slots: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(slots.length * 2);
  for (const stored of slots) if (stored !== 0) insert(larger, stored, hashOf(stored - 1));
  return larger;
}

function hashOf(key: number): number {
  const [low, high] = [key % 2 ** 32, Math.floor(key / 2 ** 32)];
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
