import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Changed } from '../wire/changes.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { isSameScope, keyOf, type Scope } from '../wire/scope.js';
import { listenToChanges } from '../wire/shared-changes.js';
import { actorName } from '../words/actor.js';
import { changesInShort } from '../words/change.js';
import { forgetAnswer } from './answers.js';
import { attempt } from './attempt.js';
import { say } from './notices.js';
import { directoryChanged, learn, organizationName } from './organizations.js';
import { isOwnChange } from './own-changes.js';
import { policyOf, refreshAfterChange, refreshAllPolicies } from './policies.js';
import { askWhetherItGoesOn, signedIn } from './session.js';
import { catchUpAllTimelines, catchUpTimeline, timelineOf } from './timelines.js';
import { together } from './unread.js';

/** Changes of one policy within a short time. */
interface Burst {
  readonly scope: Scope;
  readonly first: number;
  readonly last: number;
}

/** The state of the event stream from the server. */
export type Liveness = 'connecting' | 'live' | 'trying-again' | 'offline';

const GATHER_MS = 60;
const MOST_TOLD = 50;
/** Up to this many changes of policies that are not shown are reported one by one. */
const MOST_TOLD_OF = 5;
const AGAIN_MS = 2_000;
const TICK_MS = 500;
/** The server sends a heartbeat every second. After this time without one, it counts as unreachable. */
const SILENT_MS = 5_000;

const isOpen = signal(false);
const wasOpen = signal(false);
const isOnline = signal(navigator.onLine);
const heardAt = signal(0);
const now = signal(0);
const returned = signal(0);
let waiting = new Map<string, Burst>();
const following = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let stop: () => void = () => {};

/** The state of the event stream from the server. */
export const liveness: ReadonlySignal<Liveness> = computed(() => {
  if (!isOnline.value) return 'offline';
  if (isOpen.value) return 'live';
  return wasOpen.value ? 'trying-again' : 'connecting';
});

/** The seconds since the last message of the server; `undefined` before the first. */
export const silentSeconds: ReadonlySignal<number | undefined> = computed(() =>
  heardAt.value === 0 ? undefined : Math.max(0, Math.round((now.value - heardAt.value) / 1000)),
);

/** The time of the server's last message, in ISO 8601; `undefined` before the first. */
export const lastHeard: ReadonlySignal<string | undefined> = computed(() =>
  heardAt.value === 0 ? undefined : new Date(performance.timeOrigin + heardAt.value).toISOString(),
);

/** How often the server became reachable again. Failed reads are then retried. */
export const returns: ReadonlySignal<number> = returned;

function listen(): void {
  stop = listenToChanges({
    opened: () => {
      heard();
      // Changes during the interruption were not received.
      if (wasOpen.value && !isOpen.value) checkNow();
      isOpen.value = true;
      wasOpen.value = true;
    },
    changed: gather,
    missed: checkNow,
    heard,
    broke: (state) => {
      isOpen.value = false;
      if (state === 'over') again = setTimeout(listenAgain, AGAIN_MS);
      // The stream also ends with the session, and when the server can't be reached. The header already shows the
      // latter.
      else askWhetherItGoesOn().catch(() => {});
    },
  });
}

function heard(): void {
  heardAt.value = performance.now();
  now.value = heardAt.value;
}

/** The browser gave up, as it does after a refusal: the session may have ended, or the server may not be ready. */
function listenAgain(): void {
  stop();
  askWhetherItGoesOn().then(
    () => {
      if (signedIn() !== undefined) listen();
    },
    () => {
      again = setTimeout(listenAgain, AGAIN_MS);
    },
  );
}

/** A connection can be dead without an error. */
function tick(): void {
  now.value = performance.now();
  if (!isOpen.value || now.value - heardAt.value < SILENT_MS) return;
  isOpen.value = false;
  listenAgain();
}

function noteNetwork(): void {
  isOnline.value = navigator.onLine;
}

/** Keeps the shown data up to date. Returns a function that stops this. */
export function stayUpToDate(): () => void {
  listen();
  const ticks = setInterval(tick, TICK_MS);
  for (const event of ['online', 'offline']) addEventListener(event, noteNetwork);
  return () => {
    stop();
    clearInterval(ticks);
    for (const event of ['online', 'offline']) removeEventListener(event, noteNetwork);
    clearTimeout(again);
    clearTimeout(timer);
    timer = undefined;
    waiting = new Map();
    isOpen.value = false;
    wasOpen.value = false;
    heardAt.value = 0;
  };
}

/** Collects a burst of changes and handles it once, because only the last state counts. */
function gather({ scope, sequence }: Changed): void {
  const first = waiting.get(keyOf(scope))?.first ?? sequence;
  waiting.set(keyOf(scope), { scope, first, last: sequence });
  timer ??= setTimeout(followWaiting, GATHER_MS);
}

/** Handles one change of each policy at a time. Changes that arrive meanwhile are handled together afterwards. */
function followWaiting(): void {
  timer = undefined;
  const others = [...waiting.values()].filter(({ scope }) => !isShown(scope));
  if (others.length > MOST_TOLD_OF) {
    // Probably a rollout. The history shows who made each change.
    for (const { scope } of others) waiting.delete(keyOf(scope));
    say('elsewhere', 'The policies of many organizations are being changed.');
    directoryChanged();
  }
  for (const [key, burst] of waiting) {
    if (following.has(key)) continue;
    waiting.delete(key);
    attempt(() => followAlone(key, burst));
  }
}

function isShown(scope: Scope): boolean {
  return policyOf(scope) !== undefined || timelineOf(scope) !== undefined;
}

async function followAlone(key: string, burst: Burst): Promise<void> {
  following.add(key);
  try {
    await follow(burst);
  } finally {
    following.delete(key);
    if (waiting.has(key)) timer ??= setTimeout(followWaiting, GATHER_MS);
  }
}

async function follow(burst: Burst): Promise<void> {
  const { scope } = burst;
  await together([
    refreshAfterChange(scope),
    ...(timelineOf(scope) === undefined ? [] : [catchUpTimeline(scope)]),
    tellWhoDidIt(burst),
  ]);
}

async function tellWhoDidIt({ scope, first, last }: Burst): Promise<void> {
  const limit = Math.min(last - first + 1, MOST_TOLD);
  const { entries } = await readHistory(scope, { direction: 'backwards', from: last, limit });
  const [newest, ...older] = entries.filter(({ correlationId }) => !isOwnChange(correlationId));
  if (newest === undefined) return;
  if (scope.of === 'organization') await learn([scope.organizationId]);
  forgetAnswer(scope);
  say('elsewhere', sentenceAbout(scope, newest, older));
}

function sentenceAbout(scope: Scope, newest: HistoryEntry, older: readonly HistoryEntry[]): string {
  const whose = isSameScope(scope, { of: 'instance' }) ? 'default policy' : `policy of ${nameOf(scope)}`;
  const changes = [...older.toReversed(), newest].flatMap((entry) => entry.changes);
  return `${actorName(newest.actor)} ${changesInShort(changes, scope.of === 'organization' ? nameOf(scope) : undefined)} (${whose}, version ${newest.sequence}).`;
}

function nameOf(scope: Scope): string {
  return scope.of === 'organization' ? organizationName(scope.organizationId) : '';
}

/** Reads everything shown again, and retries everything that failed. */
export function checkNow(): void {
  returned.value++;
  directoryChanged();
  attempt(() => together([refreshAllPolicies(), catchUpAllTimelines()]));
}
