import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { organizationName } from '../state/organizations.js';
import { OrganizationSearch } from './organization-search.js';

/** An organization that was chosen, and how another one is. */
export interface OrganizationPickerProps {
  /** Empty for none. */
  readonly organizationId: string;
  /** What it means that none is chosen. */
  readonly none: string;
  readonly pick: (organizationId: string) => void;
}

/** Says which organization is chosen, and lets somebody choose another one of many. */
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
