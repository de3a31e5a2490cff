import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import type { Settings } from '../wire/settings.js';

/** The policy that the settings form edits. */
export interface SettingsFormProps {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly isLocked: boolean;
}

/** The props of every field of the settings form. */
export interface SettingFieldProps extends SettingsFormProps {
  /** The current values in the form. */
  readonly settings: Settings;
}
