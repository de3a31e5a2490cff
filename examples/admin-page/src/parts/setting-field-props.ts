import type { Policy } from '../wire/policy.js';
import type { Scope } from '../wire/scope.js';
import type { Settings } from '../wire/settings.js';

/** What the form of settings is about. */
export interface SettingsFormProps {
  readonly scope: Scope;
  readonly policy: Policy;
  readonly isLocked: boolean;
}

/** What every field of the form knows. */
export interface SettingFieldProps extends SettingsFormProps {
  /** The settings as they stand in the form. */
  readonly settings: Settings;
}
