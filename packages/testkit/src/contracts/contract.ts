import { PATIENCE_MS, within, withPatience } from './patience.js';

/** Promises of a port that belong together, each under the sentence that says it. */
export interface Theme<Subject> {
  readonly title: string;
  /** How long a promise may take to be checked on a quiet machine. Default 30 s. */
  readonly deadlineMs?: number;
  readonly promises: Readonly<Record<string, (subject: Subject) => Promise<void>>>;
}

/** What a promise is checked on: storage of its own, opened for it and thrown away after it. */
export interface Opened {
  /** Closes it and throws it away, also after a test that failed. */
  readonly dispose: () => Promise<void>;
}

/** All that a port promises, and how a store that claims to keep it is opened. */
export interface Contract<Subject extends Opened> {
  readonly title: string;
  readonly themes: readonly Theme<Subject>[];
  readonly open: () => Promise<Subject>;
  readonly patienceMs: number | undefined;
}

/** What makes a suite of a contract: `{ describe, it }` of mocha, vitest or node:test. */
export interface TestRunner {
  /** Makes a suite, whose tests the body makes. */
  readonly describe: (title: string, body: () => void) => unknown;
  /** A contract keeps its own time; a runner that takes a time-out as well is given one that is never reached. */
  readonly it: (title: string, body: () => Promise<void>, timeoutMs: number) => unknown;
}

/** How long a contract waits for what it was promised. */
export interface Patience {
  /**
   * How long it waits for one thing to happen, on a quiet machine: on a slower one it waits longer. Default 20,000. Only what
   * never happens takes so long.
   */
  readonly patienceMs?: number;
}

const DEADLINE_MS = 30_000;
const TO_OPEN_OR_DISPOSE_MS = 60_000;
const NEVER_REACHED_MS = 2 ** 31 - 1;

/** Makes a suite of a contract: one test a promise, each on fresh storage. */
export function describeContract<Subject extends Opened>(contract: Contract<Subject>, runner: TestRunner): void {
  runner.describe(contract.title, () => {
    for (const theme of contract.themes) {
      runner.describe(theme.title, () => describeTheme(theme, contract, runner));
    }
  });
}

function describeTheme<Subject extends Opened>(
  { deadlineMs = DEADLINE_MS, promises }: Theme<Subject>,
  { open, patienceMs = PATIENCE_MS }: Contract<Subject>,
  { it }: TestRunner,
): void {
  for (const [title, check] of Object.entries(promises)) {
    const test = async (): Promise<void> => {
      const subject = await within('the opening', open(), TO_OPEN_OR_DISPOSE_MS);
      try {
        await withPatience(patienceMs, () => within('the whole test', check(subject), deadlineMs));
      } finally {
        await within('the disposal', subject.dispose(), TO_OPEN_OR_DISPOSE_MS);
      }
    };
    untimed(it(title, test, NEVER_REACHED_MS));
  }
}

/** Mocha takes its time-out from the test it made; a runner's own time runs out at the same moment on every machine. */
function untimed(test: unknown): void {
  if (isMochasTest(test)) test.timeout(0);
}

function isMochasTest(test: unknown): test is { timeout(ms: number): unknown } {
  return typeof test === 'object' && test !== null && 'timeout' in test && typeof test.timeout === 'function';
}
