import { describe, it } from 'mocha';
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
  readonly dispose: () => Promise<void>;
}

/** All that a port promises, and how a store that claims to keep it is opened. */
export interface Contract<Subject extends Opened> {
  readonly title: string;
  readonly themes: readonly Theme<Subject>[];
  readonly open: () => Promise<Subject>;
  readonly patienceMs: number | undefined;
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

/** Makes a mocha suite of a contract: one test a promise, each on fresh storage. */
export function describeContract<Subject extends Opened>(contract: Contract<Subject>): void {
  describe(contract.title, () => {
    for (const theme of contract.themes) describe(theme.title, () => describeTheme(theme, contract));
  });
}

function describeTheme<Subject extends Opened>(
  { deadlineMs = DEADLINE_MS, promises }: Theme<Subject>,
  { open, patienceMs = PATIENCE_MS }: Contract<Subject>,
): void {
  for (const [title, check] of Object.entries(promises)) {
    it(title, async function () {
      // Mocha's own time runs out at the same moment on every machine.
      this.timeout(0);
      const subject = await within('the opening', open(), TO_OPEN_OR_DISPOSE_MS);
      try {
        await withPatience(patienceMs, () => within('the whole test', check(subject), deadlineMs));
      } finally {
        await within('the disposal', subject.dispose(), TO_OPEN_OR_DISPOSE_MS);
      }
    });
  }
}
