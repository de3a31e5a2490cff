import { useSignal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ThemeChoice } from '../parts/theme-choice.js';
import { Icon } from '../parts/icon.js';
import { attempt } from '../state/attempt.js';
import { enter } from '../state/session.js';
import { sentenceOf } from '../wire/failure.js';
import { codeAskedBy, type CodeAsked } from '../wire/session.js';

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
  const asked = useSignal<CodeAsked | undefined>(undefined);
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
    const refused = await failureToEnter(given);
    failure.value = refused === undefined ? '' : sentenceOf(refused);
    asked.value = codeAskedBy(refused) ?? asked.value;
    isUnderWay.value = false;
    if (asked.value === undefined) password.current?.select();
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
      {asked.value !== undefined && <CodeField asked={asked.value} />}
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

/** The code of an authenticator app, and the key to set one up with where there is none. */
function CodeField({ asked: { setUp } }: { readonly asked: CodeAsked }): JSX.Element {
  const code = useRef<HTMLInputElement>(null);
  useEffect(() => code.current?.focus(), []);
  return (
    <>
      {setUp !== undefined && (
        <p class="soft">
          <a href={setUp.uri}>Open your authenticator app</a>, or type this key into it: <code>{setUp.secret}</code>
        </p>
      )}
      <label class="field">
        <span>Code</span>
        <input ref={code} name="code" type="text" inputMode="numeric" autocomplete="one-time-code" required />
      </label>
    </>
  );
}

/** Why somebody could not sign in; `undefined` when they could. */
async function failureToEnter(given: FormData): Promise<unknown> {
  const code = textOf(given.get('code')).replaceAll(/\s/g, '');
  try {
    await enter({
      name: textOf(given.get('name')),
      password: textOf(given.get('password')),
      ...(code !== '' && { code }),
    });
    return undefined;
  } catch (caught) {
    return caught;
  }
}

function textOf(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
