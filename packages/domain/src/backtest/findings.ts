import type { OwnerRef } from '../index.js';
import { effectBetween, type Effect, type SignInResult } from './effects.js';
import type { Line } from './lines.js';
import type { ReadRecord } from './record.js';
import {
  Counts,
  GroupedCounts,
  shownIn,
  Transitions,
  type Shown,
  type SignInsByEffect,
  type Transition,
} from './tally.js';

/** A sign-in that another policy would have answered otherwise. */
export interface BacktestExample {
  readonly source: string;
  readonly line: number;
  readonly owner: OwnerRef;
  readonly user: string;
  readonly isAdministrator: boolean;
  /** ISO 8601. */
  readonly at: string;
  readonly before: SignInResult;
  readonly after: SignInResult;
}

/** Why a line was not judged. */
export type LineProblem =
  'answered-otherwise' | 'half-line' | 'not-a-record' | 'other-version' | 'unknown-event' | 'unreadable-policy';

/** A line that was not judged. */
export interface BadLine {
  readonly source: string;
  readonly line: number;
  readonly problem: LineProblem;
  /** A sentence. */
  readonly message: string;
}

/** What a change would have meant for recorded sign-ins. */
export interface Backtest {
  /** The sign-ins that were judged. */
  readonly signIns: number;
  /** The records that were left out, because they are of another owner or another time. */
  readonly leftOut: number;
  readonly effects: SignInsByEffect;
  /** By their results then, and by the other policy. */
  readonly transitions: readonly Transition[];
  /** The organizations that are hit hardest, at most 100; without an id: users of the instance itself. */
  readonly organizations: readonly { readonly organizationId?: string; readonly effects: SignInsByEffect }[];
  /** How many organizations are hit. */
  readonly organizationCount: number;
  /** By the hour in UTC, in order. */
  readonly hours: readonly { readonly hour: string; readonly effects: SignInsByEffect }[];
  /** By what the sessions had shown; one with a password and a code counts for both. */
  readonly factors: readonly { readonly factor: Shown; readonly effects: SignInsByEffect }[];
  /** The first of each effect: ten, and ten by administrators. */
  readonly examples: Readonly<Record<Exclude<Effect, 'unchanged'>, readonly BacktestExample[]>>;
  /** How many lines were not judged. */
  readonly badLineCount: number;
  /** The first 100 of them. */
  readonly badLines: readonly BadLine[];
}

/** A record that was judged by both policies. */
export interface JudgedRecord {
  readonly line: Line;
  readonly record: ReadRecord;
  readonly after: SignInResult;
}

const ORGANIZATIONS = 100;
const EXAMPLES = 10;
const BAD_LINES = 100;
const HOUR_MS = 3_600_000;

/** Collects what a backtest finds, in space that does not grow with the number of records. */
export class Findings {
  readonly #all = new Counts();
  readonly #transitions = new Transitions();
  readonly #organizations = new GroupedCounts<string | undefined>();
  readonly #hours = new GroupedCounts<number>();
  readonly #factors = new GroupedCounts<Shown>();
  readonly #examples: Record<Effect, Examples> = {
    refused: new Examples(),
    hasToSetUp: new Examples(),
    hasToVerifyMore: new Examples(),
    weaker: new Examples(),
    unchanged: new Examples(),
  };
  readonly #badLines: BadLine[] = [];
  #badLineCount = 0;
  #signIns = 0;
  #leftOut = 0;

  leaveOut(): void {
    this.#leftOut++;
  }

  bad({ line, source }: Line, problem: LineProblem, message: string): void {
    this.#badLineCount++;
    if (this.#badLines.length < BAD_LINES) this.#badLines.push({ source, line, problem, message });
  }

  add(judged: JudgedRecord): void {
    const { after, record } = judged;
    const { at, isAdministrator, owner, result, signIn } = record;
    const effect = effectBetween(result, after);
    this.#signIns++;
    this.#all.add(effect, isAdministrator);
    this.#transitions.add([result, after], isAdministrator);
    this.#organizations.of(owner.organizationId).add(effect, isAdministrator);
    this.#hours.of(Math.floor(at / HOUR_MS)).add(effect, isAdministrator);
    for (const shown of shownIn(signIn.session)) this.#factors.of(shown).add(effect, isAdministrator);
    if (effect !== 'unchanged') this.#examples[effect].offer(judged);
  }

  get found(): Backtest {
    const hit = this.#organizations.entries().filter(([, counts]) => counts.isHit);
    const hardest = hit.toSorted(([, one], [, other]) => one.compare(other)).slice(0, ORGANIZATIONS);
    const { hasToSetUp, hasToVerifyMore, refused, weaker } = this.#examples;
    return {
      signIns: this.#signIns,
      leftOut: this.#leftOut,
      effects: this.#all.byEffect(),
      transitions: this.#transitions.all(),
      organizations: hardest.map(([id, counts]) => ({
        ...(id !== undefined && { organizationId: id }),
        effects: counts.byEffect(),
      })),
      organizationCount: hit.length,
      hours: this.#hours
        .entries()
        .toSorted(([one], [other]) => one - other)
        .map(([hour, counts]) => ({ hour: new Date(hour * HOUR_MS).toISOString(), effects: counts.byEffect() })),
      factors: this.#factors.entries().map(([factor, counts]) => ({ factor, effects: counts.byEffect() })),
      examples: {
        refused: refused.first,
        hasToSetUp: hasToSetUp.first,
        hasToVerifyMore: hasToVerifyMore.first,
        weaker: weaker.first,
      },
      badLineCount: this.#badLineCount,
      badLines: this.#badLines,
    };
  }
}

/** The first examples: so many of all, and so many by administrators. */
class Examples {
  readonly #first: BacktestExample[] = [];
  #others = 0;
  #administrators = 0;

  get first(): readonly BacktestExample[] {
    return this.#first;
  }

  offer({ after, line: { line, source }, record }: JudgedRecord): void {
    const { at, isAdministrator, owner, result: before, user } = record;
    if ((isAdministrator ? this.#administrators : this.#others) >= EXAMPLES) return;
    if (isAdministrator) this.#administrators++;
    else this.#others++;
    this.#first.push({ source, line, owner, user, isAdministrator, at: new Date(at).toISOString(), before, after });
  }
}
