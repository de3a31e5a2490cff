import { signal, type ReadonlySignal } from '@preact/signals';
import { listenToChanges, type Changed } from '../wire/changes.js';
import { readHistory, type HistoryEntry } from '../wire/history.js';
import { isSameScope, keyOf, type Scope } from '../wire/scope.js';
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

/** Whether changes made elsewhere are heard of. */
export type Liveness = 'connecting' | 'live' | 'trying-again';

const GATHER_MS = 60;
const AGAIN_MS = 2_000;
const current = signal<Liveness>('connecting');
let waiting = new Map<string, Changed>();
let timer: ReturnType<typeof setTimeout> | undefined;
let again: ReturnType<typeof setTimeout> | undefined;
let stop: () => void = () => {};

/** Whether changes made elsewhere are heard of. */
export const liveness: ReadonlySignal<Liveness> = current;

function listen(): void {
  stop = listenToChanges({
    opened: () => {
      // What happened while nobody listened was not told.
      if (current.value === 'trying-again') attempt(refreshEverything);
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
function gather(change: Changed): void {
  waiting.set(keyOf(change.scope), change);
  timer ??= setTimeout(() => {
    const gathered = [...waiting.values()];
    waiting = new Map();
    timer = undefined;
    for (const one of gathered) attempt(() => follow(one));
  }, GATHER_MS);
}

async function follow({ scope, sequence }: Changed): Promise<void> {
  await Promise.all([
    refreshAfterChange(scope),
    refreshOrganizations(),
    ...(timelineOf(scope) === undefined ? [] : [catchUpTimeline(scope)]),
    tellWhoDidIt(scope, sequence),
  ]);
}

async function tellWhoDidIt(scope: Scope, sequence: number): Promise<void> {
  const { entries } = await readHistory(scope, { direction: 'forwards', from: sequence, limit: 1 });
  const [entry] = entries;
  if (entry === undefined || isOwnChange(entry.correlationId)) return;
  forgetAnswer(scope);
  say('elsewhere', sentenceAbout(scope, entry));
}

function sentenceAbout(scope: Scope, { actor, changes, sequence }: HistoryEntry): string {
  const whose = isSameScope(scope, { of: 'instance' }) ? 'default policy' : `policy of ${nameOf(scope)}`;
  return `${actorName(actor)} ${changesInShort(changes)} (${whose}, sequence ${sequence}).`;
}

function nameOf(scope: Scope): string {
  return scope.of === 'organization' ? organizationName(scope.organizationId) : '';
}

async function refreshEverything(): Promise<void> {
  await Promise.all([refreshAllPolicies(), refreshOrganizations(), catchUpAllTimelines()]);
}
