/** There are fewer organizations and lists of providers than these: then a pair of them has a key that is exact. */
const [MOST_ORGANIZATIONS, MOST_LISTS] = [2 ** 24, 2 ** 22];
/** The kinds of users are bits of these words. */
const WORDS = 4;
const PAIRS_A_CHUNK = 4096;

/**
 * The classes of a census that were met: exact, in few bytes a class, as there may be millions. For each organization and
 * list of providers there is a bit for each kind of user.
 */
export class ClassSet {
  readonly #organizations = new Map<string, number>();
  readonly #lists = new Map<string, number>();
  readonly #pairs = new NumberIndex();
  readonly #chunks: Uint32Array[] = [];

  /** Adds a class. Answers the place of its organization, from 1 on (0: the instance); `undefined` if it is doubled. */
  add(organizationId: string | undefined, kind: number, identityProviders: readonly string[]): number | undefined {
    const place = organizationId === undefined ? 0 : placeOf(organizationId, this.#organizations, MOST_ORGANIZATIONS);
    const pair = this.#pairs.indexOf(this.#listOf(identityProviders) * MOST_ORGANIZATIONS + place);
    const chunk = (this.#chunks[Math.floor(pair / PAIRS_A_CHUNK)] ??= new Uint32Array(PAIRS_A_CHUNK * WORDS));
    const [word, bit] = [(pair % PAIRS_A_CHUNK) * WORDS + (kind >>> 5), 1 << (kind & 31)];
    const seen = chunk[word] ?? 0;
    if ((seen & bit) !== 0) return undefined;
    chunk[word] = seen | bit;
    return place;
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

interface Table {
  keys: Float64Array;
  indices: Uint32Array;
  used: number;
}

/** Numbers whole numbers from 0 on, in tables that grow one at a time. */
class NumberIndex {
  readonly #tables: readonly Table[] = Array.from({ length: SEGMENTS }, () => emptyTable(FIRST_SLOTS));
  #size = 0;

  /** The number of a key: a new one, or the one it was given before. */
  indexOf(key: number): number {
    const hash = hashOf(key);
    const table = this.#tables[hash % SEGMENTS];
    if (table === undefined) throw new RangeError('a hash has a table');
    const slot = slotOf(table, key + 1, hash);
    if (table.keys[slot] !== 0) return table.indices[slot] ?? 0;
    const index = this.#size++;
    fill(table, slot, { stored: key + 1, index });
    if (table.used * 4 > table.keys.length * 3) grow(table);
    return index;
  }
}

function emptyTable(slots: number): Table {
  return { keys: new Float64Array(slots), indices: new Uint32Array(slots), used: 0 };
}

/** The slot of a stored key, or the empty one where it belongs: 0 is empty. */
function slotOf({ keys }: Table, stored: number, hash: number): number {
  const last = keys.length - 1;
  let slot = Math.floor(hash / SEGMENTS) & last;
  while (keys[slot] !== 0 && keys[slot] !== stored) slot = (slot + 1) & last;
  return slot;
}

function fill(
  table: Table,
  slot: number,
  { index, stored }: { readonly index: number; readonly stored: number },
): void {
  table.keys[slot] = stored;
  table.indices[slot] = index;
  table.used++;
}

function grow(table: Table): void {
  const larger = emptyTable(table.keys.length * 2);
  for (const [from, stored] of table.keys.entries()) {
    if (stored === 0) continue;
    fill(larger, slotOf(larger, stored, hashOf(stored - 1)), { stored, index: table.indices[from] ?? 0 });
  }
  Object.assign(table, larger);
}

function hashOf(key: number): number {
  const [low, high] = [key % 2 ** 32, Math.floor(key / 2 ** 32)];
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
