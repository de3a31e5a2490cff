import type { OrganizationAffected, PeopleAffected, PeopleByChange, PeopleCount, UserChange } from '../model.js';
import { USER_CHANGES } from '../model.js';
import type { CountedClass } from './census.js';

/** The most organizations that an answer names. */
const SHOWN = 100;
const CHANGES = USER_CHANGES.length;
/** For each change: users, and administrators. */
const WIDTH = 2 * CHANGES;
const UNCHANGED = USER_CHANGES.indexOf('unchanged');

/** Counts users by what a change means for them, in all and by organization. A flat array: there may be many. */
export class Tallies {
  #counts = new Float64Array(64 * WIDTH);
  readonly #ids: (string | undefined)[] = [];
  readonly #all = new Float64Array(WIDTH);

  /** @throws RangeError when there are more users than can be counted exactly. */
  add(change: UserChange, { administrators, organizationId, place, users }: CountedClass): void {
    const at = 2 * USER_CHANGES.indexOf(change);
    const start = place * WIDTH + at;
    if (start >= this.#counts.length) this.#counts = grown(this.#counts, start);
    this.#ids[place] = organizationId;
    for (const [counts, from] of [
      [this.#counts, start],
      [this.#all, at],
    ] as const) {
      counts[from] = (counts[from] ?? 0) + users;
      counts[from + 1] = (counts[from + 1] ?? 0) + administrators;
    }
    if ((this.#all[at] ?? 0) > Number.MAX_SAFE_INTEGER) throw new RangeError('the census counts too many users');
  }

  /** What the change means for all, and for the organizations that it hits most. */
  affected(): PeopleAffected {
    const hit: number[] = [];
    for (let place = 0; place < this.#ids.length; place++) if (this.#isHit(place)) hit.push(place);
    hit.sort((one, other) => this.#harderHit(other, one));
    const organizations = hit.slice(0, SHOWN).map((place): OrganizationAffected => {
      const id = this.#ids[place];
      return { ...(id !== undefined && { organizationId: id }), ...changesIn(this.#counts, place * WIDTH) };
    });
    return { ...changesIn(this.#all, 0), organizations, organizationCount: hit.length };
  }

  #isHit(place: number): boolean {
    const own = this.#counts.subarray(place * WIDTH, place * WIDTH + 2 * UNCHANGED);
    return own.some((count) => count > 0);
  }

  /** By users locked out, then by those who have to set up, and so on. */
  #harderHit(one: number, other: number): number {
    for (let at = 0; at < WIDTH; at += 2) {
      const differs = (this.#counts[one * WIDTH + at] ?? 0) - (this.#counts[other * WIDTH + at] ?? 0);
      if (differs !== 0) return differs;
    }
    return other - one;
  }
}

function grown(counts: Float64Array, needed: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(Math.max(2 * counts.length, needed + WIDTH));
  larger.set(counts);
  return larger;
}

function changesIn(counts: Float64Array, from: number): PeopleByChange {
  const of = (change: UserChange): PeopleCount => {
    const at = from + 2 * USER_CHANGES.indexOf(change);
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
