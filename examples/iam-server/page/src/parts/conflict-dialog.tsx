import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { settle, type Conflict } from '../state/conflicts.js';
import { propose } from '../state/proposals.js';
import { actorName } from '../words/actor.js';
import { changesInShort } from '../words/change.js';
import { intentTitle } from '../words/intent.js';
import { compareThree } from '../words/policy-items.js';
import { DiffList } from './diff-list.js';
import { Instant } from './instant.js';
import { Modal } from './modal.js';

/** Both versions, for the one whose change was refused because the policy moved on: what he wanted, and what is there. */
export function ConflictDialog({ conflict }: { readonly conflict: Conflict }): JSX.Element {
  const { wish, now, reason } = conflict;
  return (
    <Modal title="Somebody changed the policy first" dismissed={settle} size="wide">
      <p>
        “{intentTitle(wish.intent, wish.scope)}” was meant for sequence {wish.seen.details.sequence}. The policy is at
        sequence {now.details.sequence} now, so nothing was written.
      </p>
      <h3>What happened meanwhile</h3>
      <Meanwhile conflict={conflict} />
      <h3>Both versions</h3>
      <Versions conflict={conflict} />
      <h3>What your change would do now</h3>
      <OnTop changes={conflict.changesNow} />
      <div class="buttons">
        <button
          type="button"
          class="button button-primary"
          disabled={typeof conflict.changesNow === 'string'}
          onClick={() => {
            settle();
            attempt(() => propose({ ...wish, seen: now, reason }));
          }}
        >
          Apply again on sequence {now.details.sequence}
        </button>
        <button type="button" class="button" onClick={settle}>
          Give up
        </button>
      </div>
    </Modal>
  );
}

function Meanwhile({ conflict: { meanwhile } }: { readonly conflict: Conflict }): JSX.Element {
  if (meanwhile.length === 0) return <p class="soft">The policy of another owner took its place.</p>;
  return (
    <ul class="meanwhile">
      {meanwhile.map((entry) => (
        <li key={entry.sequence}>
          <strong>{actorName(entry.actor)}</strong> {changesInShort(entry.changes)}, <Instant at={entry.recordedAt} />
          {entry.reason !== undefined && <q>{entry.reason}</q>}
        </li>
      ))}
    </ul>
  );
}

function Versions({ conflict: { wish, wanted, now } }: { readonly conflict: Conflict }): JSX.Element {
  const lines = compareThree(wish.seen, wanted, now);
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Both versions">
      <table class="versions">
        <thead>
          <tr>
            <td />
            <th scope="col">You saw ({wish.seen.details.sequence})</th>
            <th scope="col">You wanted</th>
            <th scope="col">There is now ({now.details.sequence})</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ label, seen, wanted: mine, now: theirs }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{seen}</td>
              <td class={mine === seen ? '' : 'differs'}>{mine}</td>
              <td class={theirs === seen ? '' : 'differs'}>{theirs}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OnTop({ changes }: { readonly changes: Conflict['changesNow'] }): JSX.Element {
  if (typeof changes === 'string') return <p class="problem">{changes}</p>;
  if (changes.length === 0) return <p>Nothing: what you wanted is there already.</p>;
  return <DiffList changes={changes} />;
}
