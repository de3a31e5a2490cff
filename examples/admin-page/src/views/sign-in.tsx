import { useSignal } from '@preact/signals';
import type { JSX, RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ThemeChoice } from '../parts/theme-choice.js';
import { Icon } from '../parts/icon.js';
import { attempt } from '../state/attempt.js';
import { enter } from '../state/session.js';
import { sentenceOf } from '../wire/failure.js';
import { knowsPasskeys } from '../wire/passkeys.js';
import { codeAskedBy, type CodeAsked, type Credentials } from '../wire/session.js';

/** The sign-in form. */
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
  const submit = async (given: Credentials | 'passkey'): Promise<void> => {
    if (isUnderWay.value) return;
    isUnderWay.value = true;
    const refused = await failureToEnter(given);
    failure.value = refused === undefined ? '' : sentenceOf(refused);
    asked.value = codeAskedBy(refused) ?? asked.value;
    isUnderWay.value = false;
    if (asked.value === undefined && given !== 'passkey') password.current?.select();
  };
  return (
    <form
      class="card"
      aria-label="Sign in"
      onSubmit={(event) => {
        event.preventDefault();
        attempt(() => submit(credentialsIn(new FormData(event.currentTarget))));
      }}
    >
      <CredentialFields name={name} password={password} />
      {asked.value !== undefined && <CodeField asked={asked.value} />}
      <SignInButtons
        failure={failure.value}
        isUnderWay={isUnderWay.value}
        byPasskey={() => {
          attempt(() => submit('passkey'));
        }}
      />
    </form>
  );
}

interface SignInButtonsProps {
  readonly failure: string;
  readonly isUnderWay: boolean;
  readonly byPasskey: () => void;
}

function SignInButtons({ failure, isUnderWay, byPasskey }: SignInButtonsProps): JSX.Element {
  return (
    <>
      <p class="problem" role="alert">
        {failure}
      </p>
      <button type="submit" class="button button-primary" aria-disabled={isUnderWay}>
        Sign in
      </button>
      {knowsPasskeys() && (
        <button type="button" class="button" aria-disabled={isUnderWay} onClick={byPasskey}>
          Sign in with a passkey
        </button>
      )}
    </>
  );
}

interface CredentialFieldsProps {
  readonly name: RefObject<HTMLInputElement | null>;
  readonly password: RefObject<HTMLInputElement | null>;
}

function CredentialFields({ name, password }: CredentialFieldsProps): JSX.Element {
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

/** The code of an authenticator app. If none is set up, also the key to do so. */
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

/** The error of a sign-in; `undefined` on success. */
async function failureToEnter(given: Credentials | 'passkey'): Promise<unknown> {
  try {
    await enter(given);
    return undefined;
  } catch (caught) {
    return caught;
  }
}

function credentialsIn(form: FormData): Credentials {
  const code = textOf(form.get('code')).replaceAll(/\s/g, '');
  return { name: textOf(form.get('name')), password: textOf(form.get('password')), ...(code !== '' && { code }) };
}

function textOf(value: FormDataEntryValue | null): string {
  return typeof value === 'string' ? value : '';
}
