import type { JSX } from 'preact';
import { patchDraft, refusalAt } from '../state/draft.js';
import { redirectProblem } from '../words/redirect.js';
import { REDIRECT_WORDS } from '../words/settings.js';
import { Field } from './field.js';
import type { SettingFieldProps } from './setting-field-props.js';

/** Where users go who arrive without a place to return to. */
export function RedirectField({ scope, policy, isLocked, settings }: SettingFieldProps): JSX.Element {
  const { defaultRedirectUri } = settings;
  return (
    <Field
      {...REDIRECT_WORDS}
      name="defaultRedirectUri"
      problem={redirectProblem(defaultRedirectUri) ?? refusalAt(scope, 'defaultRedirectUri')}
      control={(ties) => (
        <input
          {...ties}
          type="text"
          inputMode="url"
          spellcheck={false}
          autocomplete="off"
          value={defaultRedirectUri}
          disabled={isLocked}
          onInput={({ currentTarget }) => {
            patchDraft(scope, policy, { defaultRedirectUri: currentTarget.value });
          }}
        />
      )}
    />
  );
}
