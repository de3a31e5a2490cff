import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { organizationName } from '../state/organizations.js';
import { OrganizationSearch } from './organization-search.js';

/** The chosen organization, and the callback for a new choice. */
export interface OrganizationPickerProps {
  /** Empty for none. */
  readonly organizationId: string;
  /** The label of the choice of none. */
  readonly none: string;
  readonly pick: (organizationId: string) => void;
}

/** Shows the chosen organization, and lets the user choose another one. */
export function OrganizationPicker({ organizationId, none, pick }: OrganizationPickerProps): JSX.Element {
  const isOpen = useSignal(false);
  const opener = useRef<HTMLButtonElement>(null);
  const choose = (id: string): void => {
    isOpen.value = false;
    opener.current?.focus();
    pick(id);
  };
  return (
    <div class="picker" role="group" aria-label="Organization">
      <p>
        <span>Organization: </span>
        <strong>{organizationId === '' ? none : organizationName(organizationId)}</strong>{' '}
        <button
          ref={opener}
          type="button"
          class="link"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          Choose
        </button>
      </p>
      {isOpen.value && (
        <>
          {organizationId !== '' && (
            <button type="button" class="link" onClick={() => choose('')}>
              {none}
            </button>
          )}
          <OrganizationSearch label="Find an organization" pick={({ id }) => choose(id)} />
        </>
      )}
    </div>
  );
}
