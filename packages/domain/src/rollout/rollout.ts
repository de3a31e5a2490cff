import { Deadline, type Freshness, isFault } from '@login-policy/event-sourcing';
import type { LoginPolicies } from '../login-policies.js';
import { partsOf, type PolicyParts } from '../policy-parts.js';
import { policyStream, type InstanceRef, type Owner } from '../policy/owner.js';
import { seenText } from '../policy/seen.js';
import { orThrow, RejectedError, type ReadAnswer } from '../reads/answers.js';
import {
  withRemainingWait,
  parseCurrentRead,
  parsePage,
  type PageOptions,
  type ReadOptions,
} from '../reads/read-input.js';
import { bindingId } from './claim-id.js';
import { forEachConcurrently } from './concurrently.js';
import { customOf } from './reach.js';
import type {
  RolloutPlan,
  RolloutProgress,
  RolloutRefusal,
  RolloutReport,
  RolloutStanding,
} from './rollout-answers.js';
import {
  parseCarryOut,
  parseRevertRollout,
  parsedOnce,
  type CarryOutOptions,
  type GivenRollout,
  type ParsedRollout,
  type RevertRolloutOptions,
  type RolloutCommand,
  type RolloutOptions,
} from './rollout-input.js';
import { countsOf, plannedSteps } from './plan.js';
import { notPermitted, refusalByFault } from './rollout-steps.js';
import { carryOutOn } from './carry-out.js';
import { changedDefault, endOfDefault } from './rollout-seen.js';
import { resetSince, revertOn } from './revert-rollout.js';
import { reportInParts } from './report.js';
import { Tally, type Done, type Run } from './tally.js';

/** The number of policies between two reports of progress. */
const POLICIES_PER_PAGE = 1000;

/**
 * Prepares a rollout: one command for the instance's default policy and its custom policies. This changes nothing. The
 * returned object can plan, carry out, report and revert the rollout (docs/how-to/an-advisory-comes-in.md).
 *
 * @throws StoreClosed once the policies are closed.
 */
export function rollOut(
  policies: LoginPolicies,
  instance: InstanceRef,
  command: RolloutCommand,
  options: RolloutOptions,
): Rollout {
  const parts = partsOf(policies, 'rollOut');
  parts.calls.throwIfClosed();
  return new Rollout(parts, { instance, command, options });
}

/**
 * One command for the default policy of an instance and for every custom policy that it applies to, or for chosen ones.
 * It stores nothing but its events, so that any process can resume it by its id after a crash, and report on it. No
 * policy is changed twice.
 */
export class Rollout {
  readonly #parts: PolicyParts;
  readonly #parse: () => ParsedRollout;

  /** Only for {@link rollOut}. */
  constructor(parts: PolicyParts, given: GivenRollout) {
    this.#parts = parts;
    this.#parse = parsedOnce(given);
  }

  /** A dry run by page: what it would do to each policy, the default policy first. Nothing is written. */
  plan(options: PageOptions = {}): Promise<ReadAnswer<RolloutPlan>> {
    return this.#parts.calls.answer(
      'rollOut.plan',
      () => {
        const rollout = this.#parse();
        return { rollout, wanted: parsePage(options, rollout.instance) };
      },
      async ({ rollout, wanted }) => {
        const begunAt = performance.now();
        const { instancePolicies } = this.#parts;
        const { instance, reach } = rollout;
        const { after } = wanted;
        const wantedPage = { ...wanted, afterKey: after && policyStream(after) };
        const { policies, lastKey, position } = await customOf(reach, instancePolicies).page(instance, wantedPage);
        const { freshness } = withRemainingWait(wanted, begunAt);
        const byDefault = await instancePolicies.byDefault(instance, freshness);
        const first = after === undefined && reach.withDefault ? [byDefault] : [];
        const seen = endOfDefault(byDefault);
        const steps = await plannedSteps([...first, ...policies], rollout, {
          ...this.#parts,
          ...withRemainingWait(wanted, begunAt),
          byDefault: seen,
        });
        if ('outcome' in steps) return steps;
        const total = after === undefined ? { total: await this.#total(rollout, freshness) } : {};
        const next = lastKey === undefined ? undefined : policies.at(-1)?.owner.organizationId;
        const page = {
          steps,
          counts: countsOf(steps),
          ...total,
          next,
          position,
          seen: seenText(instance, { own: seen, byDefault: undefined }),
        };
        return { outcome: 'found', kind: 'rollout-plan', ...page };
      },
    );
  }

  /**
   * Carries it out: on the default policy first, then on the custom policies, several at a time. A run that ended
   * early, through its reader, its signal, a fault or a crash, is resumed by carrying out the same rollout again.
   *
   * @throws RejectedError for malformed input, `changed-since` by `ifSeen`, and `idempotency-key-reused` when the id belongs to another command, or to
   *   a rollout that was reverted.
   * @throws Fault as the store does.
   */
  async *carryOut(options: CarryOutOptions = {}): AsyncGenerator<RolloutProgress, void, undefined> {
    const { rollout, how } = await this.#asked('rollOut.carryOut', () => parseCarryOut(options));
    const { id, mayChange: _, ifSeen: ___, ...others } = rollout.options;
    const { concurrency: __, ...ending } = how;
    const { execute, handler, policies } = this.#parts;
    const { store } = handler.states;
    const lookUp = { store, deadline: new Deadline(`the rollout ${id}`, { signal: how.signal }) };
    const changed = await changedDefault(rollout, policies, lookUp.deadline);
    if (changed !== undefined) throw new RejectedError(changed);
    const carrying = { execute, lookUp, options: { ...others, ...ending, correlationId: id } };
    const work = (owner: Owner): Promise<Done> => carryOutOn(owner, rollout, carrying);
    yield* this.#run(bindingId(rollout, store), how, { work });
  }

  /** The result on the current policies, from their events, in any process. */
  report(options: ReadOptions = {}): Promise<ReadAnswer<RolloutReport>> {
    return this.#parts.calls.answer(
      'rollOut.report',
      () => ({ rollout: this.#parse(), read: parseCurrentRead(options) }),
      async ({ rollout, read: { freshness } }) => {
        const refused: RolloutRefusal[] = [];
        let last: RolloutStanding | undefined;
        for await (last of reportInParts(rollout, freshness, this.#parts)) refused.push(...last.refusals);
        const { changed = 0, unchanged = 0, pending = 0, stillAllowing } = last ?? {};
        return { outcome: 'found', kind: 'rollout-report', changed, unchanged, pending, refused, stillAllowing };
      },
    );
  }

  /**
   * The same report in parts, so that no long list of refusals is held in memory: after the default policy, and after
   * each page of others.
   *
   * @throws RejectedError for malformed input.
   * @throws Fault as the store does.
   */
  async *standing(options: ReadOptions = {}): AsyncGenerator<RolloutStanding, void, undefined> {
    const { rollout, how } = await this.#asked('rollOut.standing', () => parseCurrentRead(options));
    yield* reportInParts(rollout, how.freshness, this.#parts);
  }

  /**
   * Restores each policy as it was before its event of this rollout. A policy that has changed since, or was removed, is
   * refused with `sequence-not-current` and not touched. Resumed like {@link carryOut}.
   *
   * @throws RejectedError, Fault as {@link carryOut} does.
   */
  async *revert(options: RevertRolloutOptions): AsyncGenerator<RolloutProgress, void, undefined> {
    const { rollout, how } = await this.#asked('rollOut.revert', () => parseRevertRollout(options));
    const { concurrency: _, ...by } = how;
    const { execute, handler } = this.#parts;
    const deadline = new Deadline(`the revert of the rollout ${rollout.options.id}`, { signal: how.signal });
    const lookUp = { store: handler.states.store, deadline };
    const work = (owner: Owner): Promise<Done> => revertOn(owner, rollout, { by, execute, lookUp });
    yield* this.#run(rollout, how, { work, others: resetSince(rollout, lookUp) });
  }

  /** Ends without an error once the signal has fired, also while the store says nothing. */
  async *#run(
    rollout: ParsedRollout,
    how: ReturnType<typeof parseCarryOut>,
    run: Run,
  ): AsyncGenerator<RolloutProgress, void, undefined> {
    try {
      yield* this.#runUntilStopped(rollout, how, run);
    } catch (caught) {
      if (how.signal?.aborted !== true || !isFault(caught, 'deadline-exceeded')) throw caught;
    }
  }

  async *#runUntilStopped(
    rollout: ParsedRollout,
    { concurrency, signal }: ReturnType<typeof parseCarryOut>,
    { work, others }: Run,
  ): AsyncGenerator<RolloutProgress, void, undefined> {
    const { instance, reach, options } = rollout;
    const { id, mayChange = () => Promise.resolve(true) } = options;
    const deadline = new Deadline(`the rollout ${id}`, { signal });
    // Rows that are followed may be maxAgeMs old: a policy that another process has just added would be left out.
    const freshness = { signal, atLeast: await this.#parts.handler.states.store.head(deadline) };
    const tally = new Tally(await this.#total(rollout, freshness));
    const one = async (owner: Owner): Promise<void> => {
      if (deadline.isOver) return;
      try {
        const isPermitted = await mayChange(owner, deadline);
        if (deadline.isOver) return;
        tally.count(isPermitted ? await work(owner) : { what: 'refused', refusal: notPermitted(owner) });
      } catch (caught) {
        // What the signal ended is not counted. If it was written all the same, the next run finds it.
        if (deadline.isOver && isFault(caught)) return;
        tally.count({ what: 'refused', refusal: refusalByFault(owner, caught) });
      }
    };
    if (reach.withDefault) await one(instance);
    yield tally.progress();
    const custom = customOf(reach, this.#parts.instancePolicies);
    for await (const page of custom.owners(instance, POLICIES_PER_PAGE, freshness)) {
      if (deadline.isOver) return;
      await forEachConcurrently(page, concurrency, one);
      yield tally.progress();
    }
    let found = 0;
    for await (const owner of others ?? []) {
      await one(owner);
      if (++found % POLICIES_PER_PAGE === 0) yield tally.progress();
    }
    if (found % POLICIES_PER_PAGE > 0) yield tally.progress();
  }

  async #asked<How>(call: string, parse: () => How): Promise<{ readonly rollout: ParsedRollout; readonly how: How }> {
    const answer = await this.#parts.calls.answer(
      call,
      () => ({ outcome: 'found' as const, rollout: this.#parse(), how: parse() }),
      (asked) => Promise.resolve(asked),
    );
    return orThrow(answer);
  }

  /** The number of policies it applies to. */
  async #total(
    { instance, reach: { withDefault, organizations } }: ParsedRollout,
    freshness: Freshness,
  ): Promise<number> {
    const custom = organizations?.length ?? (await this.#parts.instancePolicies.count(instance, freshness));
    return custom + (withDefault ? 1 : 0);
  }
}
