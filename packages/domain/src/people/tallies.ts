import type { OrganizationAffected, PeopleAffected, PeopleByChange, PeopleCount, UserChange } from '../model.js';
import { USER_CHANGES } from '../model.js';
import type { CountedClass } from './census.js';

/** The most organizations that an answer names. */
const SHOWN = 100;
const CHANGES = USER_CHANGES.length;
/** For each change: users, and administrators. */
const WIDTH = 2 * CHANGES;
const PLACE_OF: Readonly<Record<UserChange, number>> = {
  lockedOut: 0,
  hasToSetUp: 2,
  weaker: 4,
  stronger: 6,
  unchanged: 8,
};

const ORGANIZATIONS_A_CHUNK = 1024;

/** Counts users by what a change means for them, in all and by organization, in flat arrays: there may be many. */
export class Tallies {
  readonly #chunks: Float64Array[] = [];
  readonly #ids: (string | undefined)[] = [];
  readonly #all = new Float64Array(WIDTH);

  /** @throws RangeError when there are more users than can be counted exactly. */
  add(change: UserChange, { administrators, organizationId, place, users }: CountedClass): void {
    const at = PLACE_OF[change];
    this.#ids[place] = organizationId;
    addTo(this.#countsOf(place), startOf(place) + at, { users, administrators });
    addTo(this.#all, at, { users, administrators });
    if ((this.#all[at] ?? 0) > Number.MAX_SAFE_INTEGER) throw new RangeError('the census counts too many users');
  }

  /** What the change means for all, and for the organizations that it hits most. */
  affected(): PeopleAffected {
    const hit: number[] = [];
    for (let place = 0; place < this.#ids.length; place++) if (this.#isHit(place)) hit.push(place);
    hit.sort((one, other) => this.#harderHit(other, one));
    const organizations = hit.slice(0, SHOWN).map((place): OrganizationAffected => {
      const id = this.#ids[place];
      return { ...(id !== undefined && { organizationId: id }), ...changesIn(this.#countsOf(place), startOf(place)) };
    });
    return { ...changesIn(this.#all, 0), organizations, organizationCount: hit.length };
  }

  #countsOf(place: number): Float64Array {
    const chunk = Math.floor(place / ORGANIZATIONS_A_CHUNK);
    return (this.#chunks[chunk] ??= new Float64Array(ORGANIZATIONS_A_CHUNK * WIDTH));
  }

  #isHit(place: number): boolean {
    const [counts, start] = [this.#countsOf(place), startOf(place)];
    for (let at = 0; at < PLACE_OF.unchanged; at++) if ((counts[start + at] ?? 0) > 0) return true;
    return false;
  }

  /** By users locked out, then by those who have to set up, and so on. */
  #harderHit(one: number, other: number): number {
    const [these, those] = [this.#countsOf(one), this.#countsOf(other)];
    for (let at = 0; at < WIDTH; at += 2) {
      const differs = (these[startOf(one) + at] ?? 0) - (those[startOf(other) + at] ?? 0);
      if (differs !== 0) return differs;
    }
    return other - one;
  }
}

/** Where an organization's counts begin in its chunk. */
function startOf(place: number): number {
  return (place % ORGANIZATIONS_A_CHUNK) * WIDTH;
}

function addTo(counts: Float64Array, at: number, { administrators, users }: PeopleCount): void {
  counts[at] = (counts[at] ?? 0) + users;
  counts[at + 1] = (counts[at + 1] ?? 0) + administrators;
}

function changesIn(counts: Float64Array, from: number): PeopleByChange {
  const of = (change: UserChange): PeopleCount => {
    const at = from + PLACE_OF[change];
    return { users: counts[at] ?? 0, administrators: counts[at + 1] ?? 0 };
  };
  return {
    lockedOut: of('lockedOut'),
    hasToSetUp: of('hasToSetUp'),
    weaker: of('weaker'),
    stronger: of('stronger'),
    unchanged: of('unchanged'),
  };
}
