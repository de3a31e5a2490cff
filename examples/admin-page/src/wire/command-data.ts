import type { Intent } from './command.js';
import type { JsonObject } from './json.js';
import { isLifetime, type LifetimeName, type SettingsPatch } from './settings.js';

/** A change as a command in the names of the library. */
export function commandData(intent: Intent): JsonObject {
  switch (intent.wish) {
    case 'add-factor':
    case 'remove-factor': {
      const kind = intent.factor.kind === 'multi-factor' ? 'MultiFactor' : 'SecondFactor';
      return { type: `${intent.wish === 'add-factor' ? 'add' : 'remove'}${kind}`, factor: intent.factor.name };
    }
    case 'add-provider':
      return { type: 'addIdentityProvider', identityProvider: { id: intent.id, ownerType: intent.owner } };
    case 'remove-provider':
      return { type: 'removeIdentityProvider', id: intent.id };
    case 'change-settings':
      return { type: 'change', settings: settingsData(intent.patch) };
    case 'add-custom':
      return { type: 'customize' };
    case 'reset':
      return { type: 'remove' };
    case 'revert':
      return { type: 'revert', to: intent.to };
  }
}

function settingsData({ isPasswordlessAllowed, ...patch }: SettingsPatch): JsonObject {
  const passwordlessType = isPasswordlessAllowed === true ? 'ALLOWED' : 'NOT_ALLOWED';
  const lifetimes: Partial<Record<LifetimeName, string>> = {};
  const settings: Record<string, unknown> = isPasswordlessAllowed === undefined ? {} : { passwordlessType };
  for (const [name, value] of Object.entries(patch)) {
    if (isLifetime(name)) lifetimes[name] = `PT${String(value).toUpperCase()}`;
    else settings[name] = value;
  }
  return { ...settings, ...(Object.keys(lifetimes).length > 0 && { lifetimes }) };
}
