import { WAIT_LIMIT_MS, within, withWaitLimit } from './waiting.js';

/** A suite of related guarantees of a port. */
export interface Suite<Subject> {
  readonly title: string;
  /** The time-out of each test on a quiet machine. Default 30 s. */
  readonly deadlineMs?: number;
  /** Each guarantee as a sentence, the title of its test, and the test itself. */
  readonly guarantees: Readonly<Record<string, (subject: Subject) => Promise<void>>>;
}

/** What a test gets: storage of its own, opened for the test and deleted after it. */
export interface Opened {
  /** Closes and deletes it, also after a failed test. */
  readonly dispose: () => Promise<void>;
}

/** All guarantees of a port, and how to open the store that is tested for them. */
export interface Contract<Subject extends Opened> {
  readonly title: string;
  readonly suites: readonly Suite<Subject>[];
  readonly open: () => Promise<Subject>;
  readonly waitLimitMs: number | undefined;
}

/** The test runner: `{ describe, it }` of mocha, vitest or node:test. */
export interface TestRunner {
  /** Defines a suite; the body defines its tests. */
  readonly describe: (title: string, body: () => void) => unknown;
  /** Defines a test. The contract enforces its own time-outs; the runner's is set so high that it is never reached. */
  readonly it: (title: string, body: () => Promise<void>, timeoutMs: number) => unknown;
}

/** How long a contract waits. */
export interface WaitLimit {
  /**
   * How long to wait for one thing on a quiet machine; on a slower one the wait is longer. Default 20,000. Only a
   * failing test waits this long.
   */
  readonly waitLimitMs?: number;
}

const DEADLINE_MS = 30_000;
const TO_OPEN_OR_DISPOSE_MS = 60_000;
const NEVER_REACHED_MS = 2 ** 31 - 1;

/** Defines a contract's suite: one test for each guarantee, each on fresh storage. */
export function describeContract<Subject extends Opened>(contract: Contract<Subject>, runner: TestRunner): void {
  runner.describe(contract.title, () => {
    for (const suite of contract.suites) {
      runner.describe(suite.title, () => describeSuite(suite, contract, runner));
    }
  });
}

function describeSuite<Subject extends Opened>(
  { deadlineMs = DEADLINE_MS, guarantees }: Suite<Subject>,
  { open, waitLimitMs = WAIT_LIMIT_MS }: Contract<Subject>,
  { it }: TestRunner,
): void {
  for (const [title, check] of Object.entries(guarantees)) {
    const test = async (): Promise<void> => {
      const subject = await within('opening the store', open(), TO_OPEN_OR_DISPOSE_MS);
      try {
        await withWaitLimit(waitLimitMs, () => within('the whole test', check(subject), deadlineMs));
      } finally {
        await within('disposing of the store', subject.dispose(), TO_OPEN_OR_DISPOSE_MS);
      }
    };
    disableTimeout(it(title, test, NEVER_REACHED_MS));
  }
}

/** Turns mocha's time-out off, because it does not adapt to the speed of the machine. */
function disableTimeout(test: unknown): void {
  if (isMochaTest(test)) test.timeout(0);
}

function isMochaTest(test: unknown): test is { timeout(ms: number): unknown } {
  return typeof test === 'object' && test !== null && 'timeout' in test && typeof test.timeout === 'function';
}
