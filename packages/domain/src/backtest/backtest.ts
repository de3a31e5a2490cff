import { isFault, type OptionRules, parseOptions, rule, shown, yieldToLoop } from '@login-policy/event-sourcing';
import { evaluateSignIn, RejectedError, type OwnerRef } from '../index.js';
import { InvalidValue, isOrganization, parseOwner, type SignInPolicy } from '../model.js';
import { resultOf } from './effects.js';
import { Findings, type Backtest, type LineProblem } from './findings.js';
import { LineSplitter, LONGEST_LINE, type Line, type RecordSource } from './lines.js';
import type { PolicyProposed, PolicyThen } from './policies.js';
import { parseRecord, type ReadRecord } from './record.js';

/** What to look back with, and at what. */
export interface BacktestOptions {
  /** The policy that answered then. */
  readonly from: PolicyThen;
  /** The policy to judge by instead. */
  readonly to: PolicyProposed;
  /** Only users of this organization, or of this instance with all its organizations. Default: all. */
  readonly owner?: OwnerRef;
  /** Only sign-ins from this instant on. */
  readonly since?: Date;
  /** Only sign-ins before this instant. */
  readonly until?: Date;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

const aDate = rule.mustBe('a valid Date', (value) => value instanceof Date && !Number.isNaN(value.getTime()));
const OPTIONS: OptionRules<BacktestOptions> = {
  from: rule.aFunction,
  to: rule.aFunction,
  owner: rule.optional(rule.mustBe('an owner, { instanceId } or { instanceId, organizationId }', isOwner)),
  since: rule.optional(aDate),
  until: rule.optional(aDate),
  signal: rule.optional(rule.aSignal),
};

function isOwner(value: unknown): boolean {
  try {
    return parseOwner(value, 'owner') !== undefined;
  } catch {
    return false;
  }
}

const LINES_BETWEEN_YIELDS = 1000;

/**
 * What a change would have meant for recorded sign-ins: judges each under the policy that answered then and under
 * another one (docs/how-to/backtest.md). Reads its sources once, one after another, in bounded space, and yields to the
 * event loop.
 *
 * A line that can't be judged, or that was answered otherwise than the judgement gives, is named by its number.
 *
 * @throws RangeError that names an unknown or malformed option; RejectedError when there is no other policy to judge by; what a source, or `from` or `to`, throws.
 */
export async function backtest(records: Iterable<RecordSource>, options: BacktestOptions): Promise<Backtest> {
  const parsed = parseOptions(options, 'backtest', OPTIONS);
  demandRecords(records);
  const { signal } = parsed;
  const looking = lookThrough(records, parsed);
  return signal === undefined ? looking : untilAborted(looking, signal);
}

async function lookThrough(records: Iterable<RecordSource>, parsed: BacktestOptions): Promise<Backtest> {
  const { signal } = parsed;
  const looking = new LookingBack(parsed);
  let lines = 0;
  const take = async (some: Iterable<Line>): Promise<void> => {
    for (const line of some) {
      const pending = looking.take(line);
      if (pending !== undefined) await pending;
      if (++lines % LINES_BETWEEN_YIELDS !== 0) continue;
      await yieldToLoop();
      signal?.throwIfAborted();
    }
  };
  for (const record of records) {
    demandSource(record);
    const { name, text } = record;
    const splitter = new LineSplitter(name);
    for await (const piece of text) {
      signal?.throwIfAborted();
      await take(splitter.take(piece));
    }
    await take(splitter.rest());
  }
  return looking.findings.found;
}

/** A source that hangs keeps nobody who has given up. */
function demandRecords(records: unknown): void {
  if (typeof records === 'object' && records !== null && Symbol.iterator in records) return;
  throw new TypeError(`backtest: the records must be a list of sources, not ${shown(records)}.`);
}

function demandSource(source: unknown): void {
  if (typeof source !== 'object' || source === null)
    throw new TypeError(`backtest: a source must be an object with name and text, not ${shown(source)}.`);
  const text: unknown = Reflect.get(source, 'text');
  const isIterable =
    typeof text === 'object' && text !== null && (Symbol.asyncIterator in text || Symbol.iterator in text);
  if (isIterable || typeof text === 'string') return;
  throw new TypeError(`backtest: text of a source must give pieces of text, not ${shown(text)}.`);
}

async function untilAborted<Found>(looking: Promise<Found>, signal: AbortSignal): Promise<Found> {
  let leave: () => void = () => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(asError(signal.reason));
  });
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    return await Promise.race([looking, left]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Why a record can't be judged. */
interface Problem {
  readonly problem: LineProblem;
  readonly message: string;
}

/** A policy to judge by. */
interface ToJudgeBy {
  readonly policy: SignInPolicy;
}

/** The policy that answered a sign-in, and the one that would. */
interface BothPolicies {
  readonly earlier: SignInPolicy;
  readonly proposed: SignInPolicy;
}

/** The policies of an owner. */
interface Policies {
  /** By the last event of the one that answered. */
  readonly both: Map<string, BothPolicies | Problem>;
  /** Looked up once a policy that answered is known. */
  proposed?: Promise<Problem | ToJudgeBy>;
}

/** Takes lines one after another, and waits only where a policy is not known yet. */
class LookingBack {
  readonly findings = new Findings();
  readonly #options: BacktestOptions;
  readonly #since: number;
  readonly #until: number;
  readonly #known = new Map<string, Map<string | undefined, Policies>>();

  constructor(options: BacktestOptions) {
    this.#options = options;
    this.#since = options.since?.getTime() ?? Number.NEGATIVE_INFINITY;
    this.#until = options.until?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  take(line: Line): Promise<void> | undefined {
    const record = this.#recordIn(line);
    if (record === undefined) return undefined;
    const { eventId, owner } = record;
    if (!this.#isWanted(record)) {
      this.findings.leaveOut();
      return undefined;
    }
    const policies = this.#policiesOf(owner);
    const both = policies.both.get(eventId);
    if (both === undefined) return this.#lookUp(line, record, policies);
    this.#judge(line, record, both);
    return undefined;
  }

  #policiesOf({ instanceId, organizationId }: OwnerRef): Policies {
    const ofInstance = this.#known.get(instanceId) ?? new Map<string | undefined, Policies>();
    const policies = ofInstance.get(organizationId) ?? { both: new Map() };
    this.#known.set(instanceId, ofInstance.set(organizationId, policies));
    return policies;
  }

  /** `undefined` for an empty line, and for one that is not a record, which is then named. */
  #recordIn(line: Line): ReadRecord | undefined {
    const { form, text } = line;
    if (form === 'too-long') this.findings.bad(line, 'not-a-record', `It has over ${LONGEST_LINE} characters.`);
    if (text.trim() === '') return undefined;
    try {
      return parseRecord(text);
    } catch (caught) {
      if (form === 'half') this.findings.bad(line, 'half-line', 'It has no end.');
      else if (!(caught instanceof InvalidValue)) this.findings.bad(line, 'not-a-record', 'It is not JSON.');
      else this.findings.bad(line, caught.field === 'v' ? 'other-version' : 'not-a-record', caught.message);
      return undefined;
    }
  }

  #isWanted({ at, owner }: ReadRecord): boolean {
    const wanted = this.#options.owner;
    if (at < this.#since || at >= this.#until) return false;
    if (wanted === undefined) return true;
    if (owner.instanceId !== wanted.instanceId) return false;
    return !isOrganization(wanted) || owner.organizationId === wanted.organizationId;
  }

  /** What would answer is asked only for an owner who has had a policy. */
  async #lookUp(line: Line, record: ReadRecord, policies: Policies): Promise<void> {
    const { eventId, owner } = record;
    const { from, to } = this.#options;
    const earlier = await readOrProblem(async () => {
      const policy = await from(owner, eventId);
      return policy === undefined ? unknownEvent(eventId) : { policy };
    });
    let both: BothPolicies | Problem;
    if ('problem' in earlier) both = earlier;
    else {
      const proposed = await (policies.proposed ??= readOrProblem(async () => ({ policy: await to(owner) })));
      both = 'problem' in proposed ? proposed : { earlier: earlier.policy, proposed: proposed.policy };
    }
    policies.both.set(eventId, both);
    this.#judge(line, record, both);
  }

  #judge(line: Line, record: ReadRecord, both: BothPolicies | Problem): void {
    if ('problem' in both) return this.findings.bad(line, both.problem, both.message);
    const was = evaluateSignIn(both.earlier, record.signIn);
    if (was.outcome === 'rejected') return this.findings.bad(line, 'not-a-record', was.message);
    const given = resultOf(was);
    if (given !== record.result) {
      const message = `It was answered with ${record.result}, and the policy of then gives ${given}.`;
      return this.findings.bad(line, 'answered-otherwise', message);
    }
    const would = evaluateSignIn(both.proposed, record.signIn);
    if (would.outcome === 'rejected') throw new RejectedError(would);
    return this.findings.add({ line, record, after: resultOf(would) });
  }
}

function unknownEvent(eventId: string): Problem {
  const message = `No policy of its owner ever ended with the event ${eventId}.`;
  return { problem: 'unknown-event', message };
}

/** One policy that can't be read holds up the others no more than their reads do. */
async function readOrProblem(read: () => Promise<Problem | ToJudgeBy>): Promise<Problem | ToJudgeBy> {
  try {
    return await read();
  } catch (caught) {
    if (!isFault(caught, 'unreadable-event') && !isFault(caught, 'written-by-newer-program')) throw caught;
    return { problem: 'unreadable-policy', message: caught.message };
  }
}
