import { Deadline, type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import { evaluateSignIn, type OwnerRef, type SignIn, type SignInAnswer } from '../index.js';
import type { Judgement, SignInPolicy } from '../model.js';
import { effectBetween, resultOf, type Effect } from './effects.js';
import { factsIn, RECORD_VERSION, type RecordedAnswer, type SignInRecord } from './record.js';

/** Where records go: a file, a queue, a table. */
export interface SignInSink {
  /**
   * Takes whole lines. While a returned promise is pending, further lines wait; what a failed call was given counts as
   * dropped.
   */
  write(lines: string): Promise<void> | void;
  /** Is called once, when everything is written. */
  close?(): Promise<void> | void;
}

/** A judged sign-in to record. */
export interface SignInToRecord {
  /** Whose user it is. */
  readonly owner: OwnerRef;
  /** A pseudonym of the user, such as an HMAC of their id: never a name or an address. */
  readonly user: string;
  readonly isAdministrator: boolean;
  readonly signIn: SignIn;
  /** The answer of `evaluateSignIn`. */
  readonly answer: SignInAnswer;
  /** The last event of the policy that answered. */
  readonly eventId: string;
  /** A second policy that is only reported on: what it would have answered is recorded beside the answer. */
  readonly reportOnly?: SignInPolicy | undefined;
}

/** What a recorder has done since it was opened. */
export interface RecorderStatus {
  /** The records that the sink has taken. */
  readonly recorded: number;
  /** The sign-ins of which there is no record. */
  readonly dropped: number;
  readonly lastFailure: unknown;
  /** What the second policy would have meant. */
  readonly reportOnly: Readonly<Record<Effect, number>>;
}

/** Records sign-ins. */
export interface SignInRecorder {
  /**
   * Records a sign-in. It never throws and never waits: what can't be written is dropped and counted.
   *
   * @returns what the second policy would have meant; `undefined` without one, or if it can't judge.
   */
  record(signIn: SignInToRecord): Effect | undefined;
  /** What it has done since it was opened. */
  status(): RecorderStatus;
  /**
   * Waits until the sink has taken what it was given, and closes it.
   *
   * @throws Fault deadline-exceeded when that takes too long.
   */
  close(): Promise<void>;
}

/** The options of a recorder. */
export interface RecorderOptions {
  /** The most characters that wait for the sink; more is dropped. Default 4,194,304. */
  readonly mostWaiting?: number;
  /** The longest that closing takes. Default 5,000. */
  readonly closeMs?: number;
}

const MOST_WAITING = 4_194_304;
const CLOSE_MS = 5000;

const OPTIONS: OptionRules<RecorderOptions> = {
  mostWaiting: rule.optional(rule.wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  closeMs: rule.optional(rule.numberBetween(0, rule.LONGEST_TIMER_MS)),
};

/**
 * Opens a recorder of sign-ins, for `backtest` (docs/how-to/backtest.md).
 *
 * @throws TypeError for a sink that can't write; RangeError that names an unknown or malformed option.
 */
export function signInRecorder(sink: SignInSink, options: RecorderOptions = {}): SignInRecorder {
  if (typeof sink?.write !== 'function') throw new TypeError('signInRecorder: the sink must have a method write.');
  const { closeMs = CLOSE_MS, mostWaiting = MOST_WAITING } = parseOptions(options, 'signInRecorder', OPTIONS);
  const lines = new Lines(sink, mostWaiting);
  const reportOnly = noEffects();
  return {
    record(one) {
      try {
        const { answer } = one;
        if (answer.outcome === 'rejected') throw new Error(`no policy has judged the sign-in: ${answer.message}`);
        const second = reportOnlyAnswer(one);
        const line = lineOf(one, answer, second);
        const effect = second && effectBetween(resultOf(answer), resultOf(second));
        if (effect !== undefined) reportOnly[effect]++;
        lines.add(line);
        return effect;
      } catch (caught) {
        lines.drop(1, caught);
        return undefined;
      }
    },
    status: () => ({ ...lines.status(), reportOnly: { ...reportOnly } }),
    close: () => lines.close(closeMs),
  };
}

function noEffects(): Record<Effect, number> {
  return { refused: 0, hasToSetUp: 0, hasToVerifyMore: 0, weaker: 0, unchanged: 0 };
}

/** What the second policy would have answered; `undefined` without one, or if it can't judge. */
function reportOnlyAnswer({ reportOnly, signIn }: SignInToRecord): Judgement | undefined {
  if (reportOnly === undefined) return undefined;
  const answer = evaluateSignIn(reportOnly, signIn);
  return answer.outcome === 'rejected' ? undefined : answer;
}

/** Checked as it is read: a member that JSON leaves out would make another record of it. */
function lineOf(one: SignInToRecord, answer: Judgement, second: Judgement | undefined): string {
  const { eventId, isAdministrator, owner, signIn, user } = factsIn(one);
  const record: SignInRecord = {
    v: RECORD_VERSION,
    owner,
    user,
    isAdministrator,
    signIn,
    ...recorded(answer),
    eventId,
    ...(second !== undefined && { reportOnly: recorded(second) }),
  };
  return `${JSON.stringify(record)}\n`;
}

function recorded(judgement: Judgement): RecordedAnswer {
  const { outcome } = judgement;
  return outcome === 'proceed' ? { outcome, level: judgement.level } : { outcome };
}

/** The lines on their way to a sink. */
class Lines {
  readonly #sink: SignInSink;
  readonly #mostWaiting: number;
  readonly #waiting: string[] = [];
  #characters = 0;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #recorded = 0;
  #dropped = 0;
  #lastFailure: unknown;

  constructor(sink: SignInSink, mostWaiting: number) {
    this.#sink = sink;
    this.#mostWaiting = mostWaiting;
  }

  status(): Omit<RecorderStatus, 'reportOnly'> {
    return { recorded: this.#recorded, dropped: this.#dropped, lastFailure: this.#lastFailure };
  }

  add(line: string): void {
    if (this.#closing !== undefined) this.drop(1, new Error('the recorder is closed'));
    else if (this.#writing === undefined) this.#write([line]);
    else if (this.#characters + line.length > this.#mostWaiting) this.drop(1, new Error('the sink is too slow'));
    else {
      this.#waiting.push(line);
      this.#characters += line.length;
    }
  }

  drop(count: number, failure: unknown): void {
    this.#dropped += count;
    this.#lastFailure = failure;
  }

  close(waitMs: number): Promise<void> {
    const closing = (this.#closing ??= this.#ended());
    return Deadline.run('closing the record of sign-ins', { waitMs }, (deadline) => deadline.wait(closing));
  }

  async #ended(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#sink.close?.();
  }

  #write(lines: readonly string[]): void {
    try {
      const writing = this.#sink.write(lines.join(''));
      if (writing === undefined) this.#recorded += lines.length;
      else this.#writing = this.#written(writing, lines.length);
    } catch (caught) {
      this.drop(lines.length, caught);
    }
  }

  async #written(writing: Promise<void>, count: number): Promise<void> {
    try {
      await writing;
      this.#recorded += count;
    } catch (caught) {
      this.drop(count, caught);
    }
    this.#writing = undefined;
    if (this.#waiting.length === 0) return;
    this.#characters = 0;
    this.#write(this.#waiting.splice(0));
  }
}
