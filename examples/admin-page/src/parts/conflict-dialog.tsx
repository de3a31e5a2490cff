import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { settle, type Conflict, type Why } from '../state/conflicts.js';
import { propose } from '../state/proposals.js';
import { actorName } from '../words/actor.js';
import { changesInShort } from '../words/change.js';
import { counted, listed } from '../words/counted.js';
import { intentTitle, ownerName } from '../words/intent.js';
import { compareThree, type ThreeWay } from '../words/policy-items.js';
import { DiffList } from './diff-list.js';
import { Instant } from './instant.js';
import { Modal } from './modal.js';

const SUMMARY = 'conflict-summary';

/** Shows a user whose policy has changed both versions: the one they wanted, and the current one. */
export function ConflictDialog({ conflict }: { readonly conflict: Conflict }): JSX.Element {
  return (
    <Modal title="Somebody changed the policy first" dismissed={settle} size="wide" describedBy={SUMMARY}>
      <div id={SUMMARY}>
        <p>{summaryOf(conflict)}</p>
        <p class="soft">
          “{intentTitle(conflict.wish.intent, conflict.wish.scope)}” was based on version{' '}
          {conflict.wish.seen.details.sequence}. It was not recorded.
        </p>
      </div>
      <Buttons conflict={conflict} />
      <h3>What your change would do now</h3>
      <OnTop changes={conflict.changesNow} />
      <h3>Both versions</h3>
      <Versions conflict={conflict} />
      <h3>What happened meanwhile</h3>
      <Meanwhile conflict={conflict} />
    </Modal>
  );
}

/** `26 changes by alice and bob since you looked. None touches what you change.` */
function summaryOf(met: Conflict): string {
  const { meanwhile, count, why } = met;
  const touching = touchingOf(met);
  if (why !== 'changed') return `${HAPPENED[why]} ${touching}`;
  const actors = [...new Set(meanwhile.map(({ actor }) => actorName(actor)))];
  const others = count > meanwhile.length ? ' and perhaps others' : '';
  return `${counted(count, 'change')} by ${listed(actors)}${others} since you looked. ${touching}`;
}

const HAPPENED: Readonly<Record<Exclude<Why, 'changed'>, string>> = {
  'other-owner': 'The policy of another owner took its place.',
  'default-changed': 'The default policy was changed since you looked.',
  'other-history': 'The version that you saw is no longer in the history, as after a restored backup.',
};

function touchingOf({ wish, wanted, now }: Conflict): string {
  const { wish: kind } = wish.intent;
  const changed = compareThree(wish.seen, wanted, now).filter((line) => line.now !== line.seen);
  if (kind === 'add-custom') return said('The copy would have these as they are now', changed);
  const others = changed.filter((line) => line.now !== line.wanted);
  // These changes replace everything, so they overwrite all changes since.
  if (kind === 'reset' || kind === 'revert') return said('What was changed would be overwritten', others);
  return said(
    'You change what was changed, too',
    others.filter((line) => line.wanted !== line.seen),
  );
}

function said(what: string, lines: readonly ThreeWay[]): string {
  return lines.length === 0 ? 'None touches what you change.' : `${what}: ${listed(lines.map(({ label }) => label))}.`;
}

function Buttons({ conflict: { wish, now, changesNow } }: { readonly conflict: Conflict }): JSX.Element {
  return (
    <div class="buttons">
      <button
        type="button"
        class="button button-primary"
        disabled={typeof changesNow === 'string'}
        onClick={() => {
          settle();
          attempt(() => propose({ ...wish, seen: now }));
        }}
      >
        Review again on version {now.details.sequence}
      </button>
      <button type="button" class="button" onClick={settle}>
        Discard my change
      </button>
    </div>
  );
}

function Meanwhile({ conflict: { meanwhile, count, now, wish } }: { readonly conflict: Conflict }): JSX.Element {
  const owner = now.isDefault || wish.scope.of === 'instance' ? undefined : ownerName(wish.scope);
  return (
    <>
      {count > meanwhile.length && (
        <p class="soft">{counted(count - meanwhile.length, 'more', 'more')} before these.</p>
      )}
      <ul class="meanwhile">
        {meanwhile.map((entry) => (
          <li key={entry.sequence}>
            <strong>{actorName(entry.actor)}</strong> {changesInShort(entry.changes, owner)},{' '}
            <Instant at={entry.recordedAt} />
            {entry.reason !== undefined && <q>{entry.reason}</q>}
          </li>
        ))}
      </ul>
    </>
  );
}

function Versions({ conflict: { wish, wanted, now } }: { readonly conflict: Conflict }): JSX.Element {
  const columns = [
    `You saw (${wish.seen.details.sequence})`,
    'You wanted',
    `Current (${now.details.sequence})`,
  ] as const;
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Both versions">
      <table class="versions">
        <thead>
          <tr>
            <td />
            {columns.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {compareThree(wish.seen, wanted, now).map(({ label, seen, wanted: mine, now: theirs }) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td data-column={columns[0]}>{seen}</td>
              <td data-column={columns[1]} class={mine === seen ? '' : 'differs'}>
                {mine}
              </td>
              <td data-column={columns[2]} class={theirs === seen ? '' : 'differs'}>
                {theirs}
              </td>
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
