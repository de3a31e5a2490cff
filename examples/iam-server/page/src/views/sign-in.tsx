import { useSignal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ThemeChoice } from '../parts/theme-choice.js';
import { Icon } from '../parts/icon.js';
import { attempt } from '../state/attempt.js';
import { enter } from '../state/session.js';
import { sentenceOf } from '../wire/failure.js';

/** Where somebody says who they are. */
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
  const name = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Login policy';
    name.current?.focus();
  }, []);
  const submit = async (given: FormData): Promise<void> => {
    if (isUnderWay.value) return;
    isUnderWay.value = true;
    failure.value = await failureToEnter(given);
    isUnderWay.value = false;
    password.current?.select();
  };
  return (
    <form
      class="card"
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(() => submit(new FormData(event.currentTarget)));
      }}
    >
      <Credentials name={name} password={password} />
      <p class="problem" role="alert">
        {failure}
      </p>
      <button type="submit" class="button button-primary" aria-disabled={isUnderWay.value}>
        Sign in
      </button>
    </form>
  );
}

interface CredentialsProps {
  readonly name: RefObject<HTMLInputElement | null>;
  readonly password: RefObject<HTMLInputElement | null>;
}

function Credentials({ name, password }: CredentialsProps): JSX.Element {
  return (
    <>
      <label class="field">
        <span>Name</span>
        <input ref={name} name="name" type="text" autocomplete="username" required autocapitalize="none" />
      </label>
      <label class="field">
        <span>Password</span>
        <input ref={password} name="password" type="password" autocomplete="current-password" required />
      </label>
    </>
  );
}

/** Why somebody could not sign in, as a sentence; empty when they could. */
async function failureToEnter(given: FormData): Promise<string> {
  try {
    await enter(textOf(given.get('name')), textOf(given.get('password')));
    return '';
  } catch (caught) {
    return sentenceOf(caught);
  }
}

function textOf(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
