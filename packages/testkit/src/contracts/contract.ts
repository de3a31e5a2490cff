import { describe, it } from 'mocha';
import { within } from './patience.js';

/** Promises of a port that belong together, each under the sentence that says it. */
export interface Theme<Subject> {
  readonly title: string;
  /** How long a promise may take to be checked. Default 30 s. */
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
}

const DEADLINE_MS = 30_000;
const TO_OPEN_AND_DISPOSE_MS = 30_000;

/** Makes a mocha suite of a contract: one test a promise, each on fresh storage. */
export function describeContract<Subject extends Opened>({ title, themes, open }: Contract<Subject>): void {
  describe(title, () => {
    for (const theme of themes) describe(theme.title, () => describeTheme(theme, open));
  });
}

function describeTheme<Subject extends Opened>(theme: Theme<Subject>, open: () => Promise<Subject>): void {
  const deadlineMs = theme.deadlineMs ?? DEADLINE_MS;
  for (const [title, check] of Object.entries(theme.promises)) {
    it(title, async function () {
      this.timeout(deadlineMs + TO_OPEN_AND_DISPOSE_MS);
      const subject = await open();
      try {
        await within('the whole test', check(subject), deadlineMs);
      } finally {
        await subject.dispose();
      }
    });
  }
}
