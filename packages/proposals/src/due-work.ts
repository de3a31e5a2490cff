import type { LoginPolicies } from '@login-policy/domain';
import { findRollout } from '@login-policy/domain/rollout';
import {
  Deadline,
  type Instant,
  type OptionRules,
  parseOptions,
  type Position,
  type ProjectionRunner,
  revision,
  rule,
} from '@login-policy/event-sourcing';
import type { ProposalCommand } from './decide.js';
import { isDue, isOver, isToBeTakenBack } from './decide.js';
import type { Problem, ProposalEvent } from './events.js';
import type { Executed, Execution } from './execution.js';
import { causeOf, type Foresight } from './foresight.js';
import type { ProposalHandler } from './handler.js';
import { isProposal, proposalStream } from './projection.js';
import type { Proposal } from './proposal.js';
import { viewOf, type ProposalView } from './view.js';

/** The options of carrying out what is due. */
export interface DueOptions {
  /** Looks at everything up to this position, such as that of an approval. */
  readonly atLeast?: Position;
  /** Ends it; what was begun is gone on with by the next call. */
  readonly signal?: AbortSignal;
}

/** What one call did. */
export interface DueReport {
  /** The proposals that were brought forward: carried out, failed, asked again, taken back or expired. */
  readonly advanced: readonly ProposalView[];
  /** What threw. It is tried again. */
  readonly failures: readonly DueFailure[];
}

/** A proposal that could not be brought forward, and why. */
export interface DueFailure {
  readonly instanceId: string;
  readonly id: string;
  readonly error: unknown;
}

/** The options of the timer. */
export interface TimerOptions {
  /** How often to look, 100 to 86,400,000 ms. Default 5,000. */
  readonly everyMs?: number;
  /** Told what was done, if anything. */
  readonly onReport?: (report: DueReport) => void;
  /**
   * Told when the store could not even be asked, or `onReport` threw; without `onReport`, of what failed on each
   * proposal, too. Default: nobody; the next look tries again.
   */
  readonly onFailure?: (error: unknown) => void;
}

/** What looks now and then. */
export interface Timer {
  /** Ends it, and waits for what it is at. */
  close(): Promise<void>;
}

/** What due proposals are carried out with. */
export interface DueParts {
  readonly handler: ProposalHandler;
  readonly readModel: ProjectionRunner<ProposalEvent, Proposal>;
  readonly foresight: Foresight;
  readonly execution: Execution;
  readonly loginPolicies: LoginPolicies;
  readonly clock: () => Instant;
}

const PAGE = 500;
const AT_ONCE = 8;
/**
 * One proposal may take so long in one call: a rollout goes on in the next, for twice as long, because it looks again at
 * all that it has done.
 */
const [ONE_MS, MOST_DOUBLED] = [60_000, 6];
const EVERY_MS = 5000;
/** In whose name the store records what nobody did. */
const BY = { actor: 'proposals' };

const DUE: OptionRules<DueOptions> = {
  atLeast: rule.optional(rule.mustBe('a position that an answer had', (value) => typeof value === 'bigint')),
  signal: rule.optional(rule.aSignal),
};

const TIMER: OptionRules<TimerOptions> = {
  everyMs: rule.optional(rule.numberBetween(100, 86_400_000)),
  onReport: rule.optional(rule.aFunction),
  onFailure: rule.optional(rule.aFunction),
};

/** Brings proposals forward whose time has come. Any number of processes may do so at the same time. */
export class DueWork {
  readonly #parts: DueParts;
  /** How often a proposal was stopped by its time. */
  readonly #stopped = new Map<string, number>();

  constructor(parts: DueParts) {
    this.#parts = parts;
  }

  /** Looks once at all proposals. @throws Fault as the store does, when it can't be asked. */
  async run(given: DueOptions = {}): Promise<DueReport> {
    const { atLeast, signal } = parseOptions(given, 'carryOutDue', DUE);
    const [advanced, failures]: [ProposalView[], DueFailure[]] = [[], []];
    for (let afterKey: string | undefined; ;) {
      const query = { index: 'due', value: '', limit: PAGE, ...(afterKey !== undefined && { afterKey }) };
      const { rows } = await this.#parts.readModel.query(query, { atLeast, signal });
      const due = rows.flatMap(({ row }) => (isProposal(row) && this.#isToDo(row) ? [row] : []));
      const work = due.values();
      // Several at a time take from one iterator, so that a slow one holds up no other.
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (const proposal of work) {
            if (signal?.aborted === true) return;
            await this.advance(proposal, signal).then(
              (after) => after.sequence === proposal.sequence || advanced.push(viewOf(after)),
              (error: unknown) => failures.push({ instanceId: proposal.instanceId, id: proposal.id, error }),
            );
          }
        }),
      );
      afterKey = rows.at(-1)?.key;
      if (rows.length < PAGE || signal?.aborted === true) return { advanced, failures };
    }
  }

  /** Looks now and then. */
  start(given: TimerOptions): Timer {
    const { everyMs = EVERY_MS, onFailure, onReport } = parseOptions(given, 'keepCarryingOut', TIMER);
    const ending = new AbortController();
    const { signal } = ending;
    const failed = (error: unknown): void => {
      if (!signal.aborted)
        tell(
          () => onFailure?.(error),
          () => undefined,
        );
    };
    const running = (async () => {
      while (!signal.aborted) {
        try {
          const report = await this.run({ signal });
          if (onReport === undefined) for (const { error } of report.failures) failed(error);
          else if (report.advanced.length > 0 || report.failures.length > 0) tell(() => onReport(report), failed);
        } catch (caught) {
          failed(caught);
        }
        await pause(everyMs, signal);
      }
    })();
    return {
      close: async () => {
        ending.abort();
        await running;
      },
    };
  }

  /** Brings one proposal forward as far as it is due. @throws Fault as the store does. */
  async advance(given: Proposal, signal?: AbortSignal): Promise<Proposal> {
    const most = new AbortController();
    const stream = proposalStream(given.instanceId, given.id);
    const stopped = this.#stopped.get(stream) ?? 0;
    const timer = setTimeout(() => most.abort(), ONE_MS * 2 ** stopped);
    const { forget, signal: ending } = Deadline.firstToAbort(signal, most.signal);
    let proposal = given;
    try {
      for (;;) {
        const next = await this.#step(proposal, ending);
        if (next !== undefined && next.sequence !== proposal.sequence) proposal = next;
        else {
          this.#stopped.delete(stream);
          return next ?? proposal;
        }
      }
    } catch (caught) {
      // A rollout of many policies is stopped between two of them, and the next call goes on with it.
      if (!most.signal.aborted || caught !== most.signal.reason || signal?.aborted === true) throw caught;
      this.#stopped.set(stream, Math.min(stopped + 1, MOST_DOUBLED));
      return proposal;
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  #isToDo(proposal: Proposal): boolean {
    const now = this.#now();
    const isLater = isToBeTakenBack(proposal, now) || isOver(proposal, now);
    return proposal.stage === 'begun' || isDue(proposal, now) || isLater;
  }

  /** The next step of a proposal; `undefined` when nothing is to be done now. */
  async #step(proposal: Proposal, signal: AbortSignal): Promise<Proposal | undefined> {
    const now = this.#now();
    if (proposal.stage === 'begun') return this.#carryOut(proposal, signal);
    if (isOver(proposal, now)) return this.#record(proposal, { type: 'expire' }, signal);
    if (isDue(proposal, now)) return this.#begin(proposal, signal);
    if (!isToBeTakenBack(proposal, now)) return undefined;
    const steps = await this.#parts.execution.takeBack(proposal, signal);
    return this.#record(proposal, { type: 'end', steps }, signal);
  }

  /** It is begun if it would do what was approved; otherwise it is asked again, or has failed. */
  async #begin(proposal: Proposal, signal: AbortSignal): Promise<Proposal> {
    const { approvals, seen } = proposal;
    const foreseen = await this.#parts.foresight.of(proposal, { ifSeen: seen, signal });
    if (foreseen.outcome === 'rejected') {
      const problem = { reason: foreseen.rejection.reason, message: foreseen.message };
      const command: ProposalCommand = isChanged(problem)
        ? { type: 'void', seen, problem }
        : { type: 'fail', problem, steps: [] };
      return this.#record(proposal, command, signal);
    }
    if (foreseen.needed > approvals.length) {
      const problem = { reason: 'needs-approval', message: `It now needs ${foreseen.needed} approvals.` };
      return this.#record(proposal, { type: 'void', seen, problem }, signal);
    }
    return this.#record(proposal, { type: 'begin', seen, before: foreseen.before }, signal);
  }

  async #carryOut(proposal: Proposal, signal: AbortSignal): Promise<Proposal> {
    const executed = await this.#parts.execution.carryOut(proposal, signal);
    const { problem, steps } = executed;
    if (problem === undefined) return this.#record(proposal, { type: 'finish', steps }, signal);
    const isToAskAgain = isChanged(problem) && !proposal.isEmergency && !(await this.#hasBegun(proposal, executed));
    const command: ProposalCommand = isToAskAgain
      ? { type: 'void', seen: proposal.seen, problem }
      : { type: 'fail', problem, steps };
    return this.#record(proposal, command, signal);
  }

  /** Whether a part of it is done: then it is not asked again as if nothing were. */
  async #hasBegun({ change, id, instanceId }: Proposal, { steps }: Executed): Promise<boolean> {
    if (change.type === 'plan') return steps.some(({ outcome }) => outcome === 'changed');
    const found = await findRollout(this.#parts.loginPolicies, { instanceId }, causeOf(id));
    return found.outcome === 'found' && found.rollout !== undefined;
  }

  async #record(proposal: Proposal, command: ProposalCommand, signal: AbortSignal): Promise<Proposal> {
    const { id, instanceId, sequence } = proposal;
    // What was looked at may be old: another process may have begun, and changed the policy itself. That something was
    // carried out or taken back is so, whatever was recorded since.
    const isSo = command.type === 'finish' || command.type === 'end';
    const ifRevision = isSo ? undefined : revision(sequence - 1);
    const context = { ...BY, correlationId: causeOf(id), signal, ifRevision };
    const handled = await this.#parts.handler.handle(proposalStream(instanceId, id), command, context);
    // Another process was first: its state is looked at next.
    return handled.state ?? proposal;
  }

  #now(): string {
    return new Date(this.#parts.clock()).toISOString();
  }
}

/** Whether the policies are not as they were approved. */
function isChanged({ reason }: Problem): boolean {
  return reason === 'changed-since' || reason === 'seen-no-longer-holds';
}

/** Tells a listener. What it throws, also later, ends no timer, and what it waits for holds none up. */
function tell(listener: () => unknown, failed: (error: unknown) => void): void {
  Promise.resolve().then(listener).catch(failed);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
