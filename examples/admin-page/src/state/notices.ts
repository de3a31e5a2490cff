import { signal, type ReadonlySignal } from '@preact/signals';

/** A sentence to the person at the page. */
export interface Notice {
  readonly id: number;
  /** `failure` stays until it is dismissed; the others go by themselves. */
  readonly tone: 'done' | 'elsewhere' | 'failure';
  readonly sentence: string;
  /** What can be done about it. */
  readonly action?: NoticeAction | undefined;
}

/** What can be done about what a sentence says. */
export interface NoticeAction {
  readonly label: string;
  readonly act: () => void;
}

const MOST = 4;
const SHOWN_MS = 9_000;
const SHOWN_WITH_ACTION_MS = 30_000;

let lastId = 0;
const shown = signal<readonly Notice[]>([]);

/** What is said at the moment, the oldest first. */
export const notices: ReadonlySignal<readonly Notice[]> = shown;

/** Says a sentence. */
export function say(tone: Notice['tone'], sentence: string, action?: NoticeAction): void {
  const notice = { id: ++lastId, tone, sentence, action };
  // What was done before what was done now is read in the history.
  const others = shown.value.filter((one) => one.sentence !== sentence && !(tone === 'done' && one.tone === 'done'));
  const all = [...others, notice];
  // A failure that nobody has read yet is not pushed out by what went well.
  const passing = all.filter((one) => one.tone !== 'failure').slice(-MOST);
  shown.value = all.filter((one) => one.tone === 'failure' || passing.includes(one));
  if (tone === 'failure') return;
  setTimeout(
    () => {
      dismiss(notice.id);
    },
    action === undefined ? SHOWN_MS : SHOWN_WITH_ACTION_MS,
  );
}

/** Takes a sentence away. */
export function dismiss(id: number): void {
  shown.value = shown.value.filter((notice) => notice.id !== id);
}

/** Takes all sentences away. */
export function dismissAll(): void {
  shown.value = [];
}
