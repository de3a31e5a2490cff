import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { discardDraft, draftOf, problemsIn, type Draft } from '../state/draft.js';
import { propose } from '../state/proposals.js';
import { hasMovedOn, type Policy } from '../wire/policy.js';
import { counted } from '../words/counted.js';
import { movedOnInWords } from '../words/moved-on.js';
import { redirectProblem } from '../words/redirect.js';
import type { SettingsFormProps } from './setting-field-props.js';

/** The unsaved changes, and buttons to save or discard them. */
export function SaveBar({ scope, policy, isLocked }: SettingsFormProps): JSX.Element | null {
  const draft = draftOf(scope);
  if (draft === undefined) return null;
  const count = Object.keys(draft.patch).length;
  const open = openIn(draft, policy);
  const problems = problemsIn(draft) + (redirectProblem(draft.patch.defaultRedirectUri ?? '') === undefined ? 0 : 1);
  if (count === 0 && problems === 0) return null;
  const discard = (): void => {
    discardDraft(scope);
  };
  if (isLocked) return <LockedDraft count={count + problemsIn(draft)} discard={discard} />;
  return (
    <div class="save-bar" role="group" aria-label="Changes that are not saved">
      <p>
        {sayingOf(open, problems)}
        {open > 0 && hasMovedOn(draft.seen, policy) && (
          <span class="warning-line"> {movedOnInWords(draft.seen, policy, 'policy')}</span>
        )}
      </p>
      <div class="buttons">
        <button
          type="button"
          class="button button-primary"
          disabled={problems > 0 || open === 0}
          onClick={() => {
            const intent = { wish: 'change-settings', patch: draft.patch } as const;
            attempt(() => propose({ scope, intent, seen: draft.seen }));
          }}
        >
          Review and save
        </button>
        <button type="button" class="button" onClick={discard}>
          Discard
        </button>
      </div>
    </div>
  );
}

/** How many values of a draft are not what is in force. Another tab may have saved the same draft. */
function openIn({ patch }: Draft, { settings }: Policy): number {
  const inForce: Readonly<Record<string, unknown>> = settings;
  return Object.entries(patch).filter(([name, value]) => inForce[name] !== value).length;
}

function sayingOf(open: number, problems: number): string {
  if (problems > 0) return `${counted(problems, 'field')} can’t be saved yet.`;
  return open === 0 ? 'What you changed is so already.' : `${counted(open, 'setting')} changed.`;
}

/** The user can no longer save their changes, for example because the custom policy was removed. */
function LockedDraft({ count, discard }: { readonly count: number; readonly discard: () => void }): JSX.Element {
  return (
    <div class="save-bar" role="group" aria-label="Changes that are not saved">
      <p class="warning-line">
        You began to change {counted(count, 'setting')} here, which can’t be saved on this policy. Above stands what is
        in force.
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={discard}>
          Discard
        </button>
      </div>
    </div>
  );
}
