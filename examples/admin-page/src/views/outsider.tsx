import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { PasskeysButton } from '../parts/passkeys-dialog.js';
import { attempt } from '../state/attempt.js';
import { leave } from '../state/session.js';
import type { Session } from '../wire/session.js';

/** What a signed-in user sees who may not read the policies of the instance: that they are signed in, and by what. */
export function Outsider({ session }: { readonly session: Session }): JSX.Element {
  const { instanceName, organizationName, role, userName } = session;
  useEffect(() => {
    document.title = `Signed in · ${instanceName}`;
  }, [instanceName]);
  return (
    <main class="sign-in">
      <h1>You are signed in</h1>
      <p>
        As <strong>{userName}</strong>
        {organizationName !== undefined && (
          <>
            {' '}
            of <strong>{organizationName}</strong>
          </>
        )}
        , at {instanceName}.
      </p>
      <p class="soft">Your role, {role}, does not let you see this instance’s login policies here.</p>
      <p>
        <PasskeysButton />{' '}
        <button
          type="button"
          class="button"
          onClick={() => {
            attempt(leave);
          }}
        >
          Sign out
        </button>
      </p>
    </main>
  );
}
