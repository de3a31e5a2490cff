import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ThemeChoice } from '../parts/theme-choice.js';
import { Icon } from '../parts/icon.js';
import { enter } from '../state/session.js';
import { sentenceOf } from '../wire/failure.js';

/** Where somebody says who he is. */
export function SignInView(): JSX.Element {
  return (
    <main class="sign-in">
      <div class="sign-in-mark">
        <Icon name="mark" />
      </div>
      <h1 tabIndex={-1}>Login policy</h1>
      <p class="lead">Which factors users may sign in with, who changed that, when and why.</p>
      <SignInForm />
      <ThemeChoice />
    </main>
  );
}

function SignInForm(): JSX.Element {
  const failure = useSignal('');
  const isUnderWay = useSignal(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const given = new FormData(form);
    isUnderWay.value = true;
    failure.value = '';
    try {
      await enter(textOf(given.get('name')), textOf(given.get('password')));
    } catch (caught) {
      failure.value = sentenceOf(caught);
    } finally {
      isUnderWay.value = false;
    }
  };
  return (
    <form
      class="card"
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget).catch(() => {});
      }}
    >
      <label class="field">
        <span>Name</span>
        <input name="name" type="text" autocomplete="username" required autocapitalize="none" spellcheck={false} />
      </label>
      <label class="field">
        <span>Password</span>
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
      <p class="problem" role="alert">
        {failure}
      </p>
      <button type="submit" class="button button-primary" disabled={isUnderWay.value}>
        Sign in
      </button>
    </form>
  );
}

function textOf(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
