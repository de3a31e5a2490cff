import { signal, type ReadonlySignal } from '@preact/signals';

/** A message to the user. */
export interface Notice {
  readonly id: number;
  /** `failure` stays until it is dismissed or the user goes on; the others disappear by themselves. */
  readonly tone: 'done' | 'elsewhere' | 'failure';
  readonly sentence: string;
  /** An action offered with the message. */
  readonly action?: NoticeAction | undefined;
  /** Whether it also stays when the user goes to another view: the outcome of a change is not known. */
  readonly stays?: boolean | undefined;
}

/** An action offered with a message. */
export interface NoticeAction {
  readonly label: string;
  readonly act: () => void;
}

const MOST = 4;
const SHOWN_MS = 9_000;
const SHOWN_WITH_ACTION_MS = 30_000;

let lastId = 0;
const shown = signal<readonly Notice[]>([]);

/** The messages shown now, oldest first. */
export const notices: ReadonlySignal<readonly Notice[]> = shown;

/** Shows a message. */
export function say(tone: Notice['tone'], sentence: string, action?: NoticeAction): void {
  const notice = { id: ++lastId, tone, sentence, action };
  // A new success message replaces the old one, which is in the history.
  const others = shown.value.filter((one) => one.sentence !== sentence && !(tone === 'done' && one.tone === 'done'));
  const all = [...others, notice];
  // A success message never replaces a failure, which may be unread.
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

/** Removes a message. */
export function dismiss(id: number): void {
  shown.value = shown.value.filter((notice) => notice.id !== id);
}

/** The number of the last message: those of a dialog are later than its opening. */
export function lastNotice(): number {
  return lastId;
}

/** Removes the failures of the view that the user leaves. */
export function leaveFailures(): void {
  shown.value = shown.value.filter(({ stays, tone }) => tone !== 'failure' || stays === true);
}

/** Shows a failure that stays until it is dismissed, also in other views. */
export function sayLasting(sentence: string): void {
  shown.value = [...shown.value, { id: ++lastId, tone: 'failure', sentence, stays: true }];
}

/** Removes all messages. */
export function dismissAll(): void {
  shown.value = [];
}
