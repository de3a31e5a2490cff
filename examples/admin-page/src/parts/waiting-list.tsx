import type { JSX } from 'preact';
import { rolloutNow } from '../state/rollout-now.js';
import { addressOf } from '../state/route.js';
import { unfinishedRollouts, type Unfinished } from '../state/unfinished-rollouts.js';
import { intentIn } from '../wire/intent-text.js';
import type { ProposalPage } from '../wire/proposals.js';
import { INSTANCE } from '../wire/scope.js';
import { counted } from '../words/counted.js';
import { intentTitle } from '../words/intent.js';
import { waitsFor, type WaitsFor } from '../words/proposal.js';
import { taskTitle } from '../words/task.js';

const LINES: readonly (readonly [WaitsFor, one: string, many: string])[] = [
  ['approval', 'proposal to approve', 'proposals to approve'],
  ['date', 'change with a date', 'changes with a date'],
  ['rollout', 'proposed rollout', 'proposed rollouts'],
];

/** What waits: for an approval, for its date, or for the rest of a rollout. */
export function WaitingList({ page }: { readonly page: ProposalPage }): JSX.Element {
  const { next, proposals, unreadable } = page;
  const kinds = proposals.map(waitsFor);
  const lines = LINES.map(([kind, ...words]) => ({ kind, words, count: kinds.filter((one) => one === kind).length }));
  const running = rolloutLine();
  const begunBefore = unfinishedRollouts.value.filter(({ id }) => id !== rolloutNow.value?.id).map(unfinishedLine);
  const isNothing =
    proposals.length === 0 && unreadable.length === 0 && running === undefined && begunBefore.length === 0;
  return (
    <ul class="effect">
      {isNothing && <li>Nothing waits.</li>}
      {running}
      {begunBefore}
      {lines
        .filter(({ count }) => count > 0)
        .map(({ kind, words, count }) => (
          <li key={kind}>
            <a href={addressOf({ view: 'proposals', query: { which: kind } })}>
              {next !== undefined && 'At least '}
              {counted(count, ...words)}
            </a>
          </li>
        ))}
      {unreadable.length > 0 && (
        <li class="warning-line">
          <a href={addressOf({ view: 'proposals' })}>{counted(unreadable.length, 'proposal')}</a> can’t be read
        </li>
      )}
      <li class="soft">
        <a href={addressOf({ view: 'proposals', query: { which: 'all' } })}>All proposals</a>
      </li>
    </ul>
  );
}

const PHASES: Readonly<Record<string, string>> = {
  running: 'Under way',
  reverting: 'Being reverted',
  stopped: 'Stopped before its end',
};

/** The rollout that was begun on this page, until it has ended. */
function rolloutLine(): JSX.Element | undefined {
  const { id = '', deed, phase = '', progress, task } = rolloutNow.value ?? {};
  const words = PHASES[phase];
  if (words === undefined) return undefined;
  return (
    <li>
      <a href={addressOf({ view: 'rollout', query: { id } })}>{taskTitle(deed, task)}</a>: {words}
      {progress !== undefined &&
        `, ${progress.done.toLocaleString('en-GB')} of ${counted(progress.of, 'policy', 'policies')}`}
    </li>
  );
}

/** A rollout that was begun in this browser before, and that is not known to have ended. */
function unfinishedLine(begun: Unfinished): JSX.Element {
  const intent = intentIn(begun['given'] ?? '');
  return (
    <li key={begun.id}>
      <a href={addressOf({ view: 'rollout', query: begun })}>
        {intent === undefined ? 'A rollout' : intentTitle(intent, INSTANCE)}
      </a>
      : begun here, and not known to be done
    </li>
  );
}
