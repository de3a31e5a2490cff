import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { say } from '../state/notices.js';
import { addPasskey, knowsPasskeys, readPasskeys, removePasskey, type Passkey } from '../wire/passkeys.js';
import { Instant } from './instant.js';
import { Modal } from './modal.js';
import { TryAgain } from './try-again.js';
import { useLoaded, type Loading } from './use-loaded.js';

/** Opens the dialog in which users manage their passkeys. */
export function PasskeysButton(): JSX.Element {
  const isOpen = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          isOpen.value = true;
        }}
      >
        Passkeys
      </button>
      {isOpen.value && (
        <PasskeysDialog
          dismissed={() => {
            isOpen.value = false;
          }}
        />
      )}
    </>
  );
}

interface Passkeys {
  readonly all: readonly Passkey[] | undefined;
  readonly loading: Loading;
  /** Makes a change, shows a message, and reads the passkeys again. */
  readonly change: (act: () => Promise<void>, done: string) => void;
}

function usePasskeys(): Passkeys {
  const passkeys = useSignal<readonly Passkey[] | undefined>(undefined);
  const load = async (): Promise<void> => {
    passkeys.value = await readPasskeys();
  };
  return {
    all: passkeys.value,
    loading: useLoaded('my passkeys', load),
    change(act, done) {
      attempt(async () => {
        await act();
        say('done', done);
        await load();
      });
    },
  };
}

function PasskeysDialog({ dismissed }: { readonly dismissed: () => void }): JSX.Element {
  const { all, change, loading } = usePasskeys();
  return (
    <Modal title="Your passkeys" dismissed={dismissed}>
      <p class="soft">
        With a passkey you sign in to this page without a password, as long as the default policy allows it.
      </p>
      <TryAgain loading={loading} what="Your passkeys" />
      {all?.length === 0 && <p>You have no passkeys yet.</p>}
      <PasskeyList
        passkeys={all ?? []}
        remove={(id) => {
          change(() => removePasskey(id), 'The passkey was removed.');
        }}
      />
      <div class="buttons">
        {knowsPasskeys() && (
          <AddButton
            add={() => {
              change(addPasskey, 'The passkey was added. You can sign in with it from now on.');
            }}
          />
        )}
        <button type="button" class="button" onClick={dismissed}>
          Close
        </button>
      </div>
    </Modal>
  );
}

function AddButton({ add }: { readonly add: () => void }): JSX.Element {
  return (
    <button type="button" class="button button-primary" onClick={add}>
      Add a passkey
    </button>
  );
}

interface PasskeyListProps {
  readonly passkeys: readonly Passkey[];
  readonly remove: (id: string) => void;
}

function PasskeyList({ passkeys, remove }: PasskeyListProps): JSX.Element {
  return (
    <ul class="facts">
      {passkeys.map(({ addedAt, id, lastUsedAt }) => (
        <li key={id}>
          Added <Instant at={addedAt} />, {lastUsedAt === undefined ? 'never used' : 'last used '}
          {lastUsedAt !== undefined && <Instant at={lastUsedAt} />}{' '}
          <button
            type="button"
            class="button button-small"
            onClick={() => {
              remove(id);
            }}
          >
            Remove
          </button>
        </li>
      ))}
    </ul>
  );
}
