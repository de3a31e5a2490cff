import type { JSX } from 'preact';
import { organizationName } from '../state/organizations.js';
import { OrganizationSearch } from './organization-search.js';
import { Picker } from './picker.js';

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
  return (
    <Picker label="Organization" name={organizationId === '' ? none : organizationName(organizationId)}>
      {(close) => {
        const choose = (id: string): void => {
          close();
          pick(id);
        };
        return (
          <>
            {organizationId !== '' && (
              <button type="button" class="link" onClick={() => choose('')}>
                {none}
              </button>
            )}
            <OrganizationSearch label="Find an organization" pick={({ id }) => choose(id)} />
          </>
        );
      }}
    </Picker>
  );
}
