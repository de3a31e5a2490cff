import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { patchDraft } from '../state/draft.js';
import { redirectProblem } from '../words/redirect.js';
import { REDIRECT_WORDS, wireNameOf } from '../words/settings.js';
import type { FieldProps } from './field-props.js';

/** Where users go who came without a place to return to. */
export function RedirectField({ scope, policy, isLocked, settings }: FieldProps): JSX.Element {
  const id = useId();
  const problem = redirectProblem(settings.defaultRedirectUri);
  return (
    <div class="field">
      <label for={id}>{REDIRECT_WORDS.label}</label> <code>{wireNameOf('defaultRedirectUri')}</code>
      <p class="soft" id={`${id}-explanation`}>
        {REDIRECT_WORDS.explanation}
      </p>
      <input
        id={id}
        type="text"
        inputMode="url"
        spellcheck={false}
        autocomplete="off"
        value={settings.defaultRedirectUri}
        disabled={isLocked}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}-explanation ${id}-problem`}
        onInput={({ currentTarget }) => {
          patchDraft(scope, policy, { defaultRedirectUri: currentTarget.value });
        }}
      />
      <p class="problem" id={`${id}-problem`} aria-live="polite">
        {problem}
      </p>
    </div>
  );
}
