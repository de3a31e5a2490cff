import {
  type Clock,
  type Deadline,
  Fault,
  instant,
  type Instant,
  instantToIso,
  laterPosition,
  type Position,
  type RecordedEvent,
  revision,
  type Revision,
  type StateAt,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { PolicyState, PolicyStates } from '../policy/policy-state.js';
import { InvalidValue, LateRefusal } from '../input/invalid-value.js';
import { instanceOf, policyStream, type Organization, type Owner } from '../policy/owner.js';
import { lastSequenceOf, sequenceOf } from '../policy/change-info.js';
import type { ParsedAsOf } from '../input/moment.js';

/** What the past is read from. */
export interface PastSources {
  /** The store's clock, which decides what is past. */
  readonly clock: Clock;
  readonly states: PolicyStates;
}

/** Reads policies in the past, from the events alone, for one call. */
export class PastReader {
  readonly #clock: Clock;
  readonly #states: PolicyStates;
  readonly #deadline: Deadline;

  constructor({ clock, states }: PastSources, deadline: Deadline) {
    this.#clock = clock;
    this.#states = states;
    this.#deadline = deadline;
  }

  /** The owner's policy at a moment. @throws LateRefusal for a moment that does not exist or is not certain yet. */
  async at(owner: Owner, asOf: ParsedAsOf): Promise<StateAt<PolicyState>> {
    const stream = policyStream(owner);
    const { moment, field } = asOf;
    if ('position' in moment) return this.#upToPosition(owner, moment.position);
    if ('instant' in moment) {
      await this.#refuseUncertain(stream, moment.instant, field);
      return this.#states.upTo(stream, (event) => event.recordedAt <= moment.instant, this.#deadline);
    }
    const { sequence } = moment;
    const states = this.#states;
    const then =
      sequence === 0n ? states.nothing : await states.atRevision(stream, revision(sequence - 1n), this.#deadline);
    const reached = lastSequenceOf(then.state.changeInfo);
    if (reached === sequence && reached > 0n) return this.#withWholeAppend(stream, then);
    const had =
      reached === 0n
        ? 'a sequence from 1 on that the policy has had'
        : `a sequence the policy has had, 1 to ${reached}`;
    throw new LateRefusal(new InvalidValue(field, had, sequence, String(sequence)));
  }

  /**
   * The default policy while the organization's own policy was `own`. As of an instant, this is not simply the default
   * at that instant, because a clock may have been set back: only events before the organization's next one count, and
   * those before its last one always count.
   */
  async defaultBeside(
    { organization, own }: { readonly organization: Organization; readonly own: StateAt<PolicyState> },
    { field, moment }: ParsedAsOf,
  ): Promise<StateAt<PolicyState>> {
    const instance = instanceOf(organization);
    if (!('instant' in moment)) return this.#upToPosition(instance, own.position);
    const stream = policyStream(instance);
    await this.#refuseUncertain(stream, moment.instant, field);
    const next = await this.#positionAfter(policyStream(organization), own.revision);
    const found = await this.#states.upTo(
      stream,
      ({ position, recordedAt }) =>
        position <= own.position || (recordedAt <= moment.instant && (next === undefined || position < next)),
      this.#deadline,
    );
    return { ...found, position: laterPosition(own.position, found.position) };
  }

  /** The position of the next event of a stream; `undefined` when there is none. */
  async #positionAfter(stream: StreamId, last: Revision | undefined): Promise<Position | undefined> {
    const from = revision(last === undefined ? 0n : last + 1n);
    return (await this.#states.store.first(stream, { from }, this.#deadline))?.position;
  }

  /**
   * Refuses an instant before which events may still be recorded, or were recorded by a clock that was ahead.
   *
   * @throws LateRefusal
   */
  async #refuseUncertain(stream: StreamId, moment: Instant, field: string): Promise<void> {
    const now = instant(this.#clock());
    refuseUnlessPast({ moment, now, lateByMs: this.#states.store.lateByMs ?? 0 }, field);
    await this.#refuseClockAhead({ stream, now }, field);
  }

  async #upToPosition(owner: Owner, position: Position): Promise<StateAt<PolicyState>> {
    if (!(await this.#states.store.knows(position, this.#deadline))) {
      throw new Fault('position-unknown', { position, head: await this.#states.store.head(this.#deadline) });
    }
    const stream = policyStream(owner);
    const upTo = await this.#states.upTo(stream, (event) => event.position <= position, this.#deadline);
    const then = await this.#withWholeAppend(stream, upTo);
    return { ...then, position: laterPosition(position, then.position) };
  }

  /** The state after the append that the last event belongs to: an append is atomic, so no moment lies inside one. */
  async #withWholeAppend(stream: StreamId, then: StateAt<PolicyState>): Promise<StateAt<PolicyState>> {
    const { revision: from } = then;
    if (from === undefined) return then;
    const last = await this.#states.store.first(stream, { from }, this.#deadline);
    const { count, place } = last?.append ?? { count: 1, place: 1 };
    if (place === count) return then;
    return this.#states.atRevision(stream, revision(from + BigInt(count - place)), this.#deadline);
  }

  /**
   * Refuses an instant that lies before recorded events from a clock that was ahead. Such a clock recorded this
   * policy's last events with a future time, and later events got no earlier time, so the answer would omit them.
   *
   * @throws LateRefusal that names the first such sequence.
   */
  async #refuseClockAhead(
    { now, stream }: { readonly stream: StreamId; readonly now: Instant },
    field: string,
  ): Promise<void> {
    let ahead: RecordedEvent | undefined;
    const newestFirst = this.#states.store.readStream(stream, { direction: 'backwards', pageSize: 10 }, this.#deadline);
    for await (const page of newestFirst) {
      const first = page.findIndex((event) => event.recordedAt <= now);
      ahead = (first === -1 ? page : page.slice(0, first)).at(-1) ?? ahead;
      if (first !== -1) break;
    }
    if (ahead === undefined) return;
    const since = `from sequence ${sequenceOf(ahead)} on this policy was recorded by a clock that was ahead`;
    throw new LateRefusal(
      new InvalidValue(field, `a sequence or a position: ${since}`, instantToIso(ahead.recordedAt)),
    );
  }
}

/** Refuses an instant that is not past yet: events may still be recorded before it. */
function refuseUnlessPast(
  { lateByMs, moment, now }: { readonly moment: Instant; readonly now: Instant; readonly lateByMs: number },
  field: string,
): void {
  if (moment < now - lateByMs) return;
  const since = lateByMs === 0 ? '' : ` for ${lateByMs / 1000} s: so late an event may still be recorded`;
  throw new LateRefusal(new InvalidValue(field, `an instant that is past${since}`, instantToIso(moment)));
}
