import { signal, type ReadonlySignal } from '@preact/signals';
import type { Changed } from '../wire/changes.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { isSameScope, keyOf, type Scope } from '../wire/scope.js';
import { listenToChanges } from '../wire/shared-changes.js';
import { actorName } from '../words/actor.js';
import { changesInShort } from '../words/change.js';
import { forgetAnswer } from './answers.js';
import { attempt } from './attempt.js';
import { say } from './notices.js';
import { organizationName, refreshOrganizations } from './organizations.js';
import { isOwnChange } from './own-changes.js';
import { refreshAfterChange, refreshAllPolicies } from './policies.js';
import { askWhetherItGoesOn, signedIn } from './session.js';
import { catchUpAllTimelines, catchUpTimeline, timelineOf } from './timelines.js';

/** Changes of one policy that came close together. */
interface Burst {
  readonly scope: Scope;
  readonly first: number;
  readonly last: number;
}

/** Whether changes made elsewhere are heard of. */
export type Liveness = 'connecting' | 'live' | 'trying-again';

const GATHER_MS = 60;
const MOST_TOLD = 50;
const AGAIN_MS = 2_000;
const current = signal<Liveness>('connecting');
const returned = signal(0);
let waiting = new Map<string, Burst>();
let timer: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let stop: () => void = () => {};

/** Whether changes made elsewhere are heard of. */
export const liveness: ReadonlySignal<Liveness> = current;

/** How often the server came back: what could not be read while it was away can be read then. */
export const returns: ReadonlySignal<number> = returned;

function listen(): void {
  stop = listenToChanges({
    opened: () => {
      // What happened while nobody listened was not told.
      if (current.value === 'trying-again') {
        returned.value++;
        attempt(refreshEverything);
      }
      current.value = 'live';
    },
    changed: gather,
    broke: (state) => {
      current.value = 'trying-again';
      if (state === 'over') again = setTimeout(listenAgain, AGAIN_MS);
      // A stream ends with its session, and when the server can't be reached: then the header says so already.
      else askWhetherItGoesOn().catch(() => {});
    },
  });
}

/** The browser gave up, as it does when it is refused: perhaps the session is over, perhaps the server was not ready. */
function listenAgain(): void {
  stop();
  attempt(async () => {
    await askWhetherItGoesOn();
    if (signedIn() !== undefined) listen();
  });
}

/** Keeps what is shown up with the server until the function it gives back is called. */
export function stayUpToDate(): () => void {
  listen();
  return () => {
    stop();
    clearTimeout(again);
    clearTimeout(timer);
    timer = undefined;
    waiting = new Map();
    current.value = 'connecting';
  };
}

/** A burst of changes is followed once: what counts is how the policy is after it. */
function gather({ scope, sequence }: Changed): void {
  const first = waiting.get(keyOf(scope))?.first ?? sequence;
  waiting.set(keyOf(scope), { scope, first, last: sequence });
  timer ??= setTimeout(() => {
    const gathered = [...waiting.values()];
    waiting = new Map();
    timer = undefined;
    for (const burst of gathered) attempt(() => follow(burst));
  }, GATHER_MS);
}

async function follow(burst: Burst): Promise<void> {
  const { scope } = burst;
  await Promise.all([
    refreshAfterChange(scope),
    refreshOrganizations(),
    ...(timelineOf(scope) === undefined ? [] : [catchUpTimeline(scope)]),
    tellWhoDidIt(burst),
  ]);
}

async function tellWhoDidIt({ scope, first, last }: Burst): Promise<void> {
  const limit = Math.min(last - first + 1, MOST_TOLD);
  const { entries } = await readHistory(scope, { direction: 'backwards', from: last, limit });
  const [newest, ...older] = entries.filter(({ correlationId }) => !isOwnChange(correlationId));
  if (newest === undefined) return;
  forgetAnswer(scope);
  say('elsewhere', sentenceAbout(scope, newest, older));
}

function sentenceAbout(scope: Scope, newest: HistoryEntry, older: readonly HistoryEntry[]): string {
  const whose = isSameScope(scope, { of: 'instance' }) ? 'default policy' : `policy of ${nameOf(scope)}`;
  const changes = [...older.toReversed(), newest].flatMap((entry) => entry.changes);
  return `${actorName(newest.actor)} ${changesInShort(changes)} (${whose}, sequence ${newest.sequence}).`;
}

function nameOf(scope: Scope): string {
  return scope.of === 'organization' ? organizationName(scope.organizationId) : '';
}

async function refreshEverything(): Promise<void> {
  await Promise.all([refreshAllPolicies(), refreshOrganizations(), catchUpAllTimelines()]);
}
