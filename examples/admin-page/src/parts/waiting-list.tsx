import type { JSX } from 'preact';
import { rolloutNow } from '../state/rollout-now.js';
import { addressOf } from '../state/route.js';
import type { ProposalShown } from '../wire/proposals.js';
import { counted } from '../words/counted.js';
import { waitsFor, type WaitsFor } from '../words/proposal.js';
import { taskTitle } from '../words/task.js';

const LINES: readonly (readonly [WaitsFor, one: string, many: string])[] = [
  ['approval', 'proposal to approve', 'proposals to approve'],
  ['date', 'change with a date', 'changes with a date'],
  ['rollout', 'proposed rollout', 'proposed rollouts'],
];

/** What waits: for an approval, for its date, or for the rest of a rollout. */
export function WaitingList({ proposals }: { readonly proposals: readonly ProposalShown[] }): JSX.Element {
  const kinds = proposals.map(waitsFor);
  const lines = LINES.map(([kind, ...words]) => ({ kind, words, count: kinds.filter((one) => one === kind).length }));
  const running = rolloutLine();
  return (
    <ul class="effect">
      {proposals.length === 0 && running === undefined && <li>Nothing waits.</li>}
      {running}
      {lines
        .filter(({ count }) => count > 0)
        .map(({ kind, words, count }) => (
          <li key={kind}>
            <a href={addressOf({ view: 'proposals', query: { which: kind } })}>{counted(count, ...words)}</a>
          </li>
        ))}
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
