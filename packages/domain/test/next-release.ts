import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { openLoginPolicies, SECOND_FACTORS } from '@login-policy/domain';

/** What a test asks of it. */
interface Release {
  readonly openLoginPolicies: typeof openLoginPolicies;
  readonly SECOND_FACTORS: typeof SECOND_FACTORS;
}

/** What the next release might bring: a second factor and a setting more, each held by events that say so by their version. */
const CHANGES: Readonly<Record<string, readonly (readonly [now: string, next: string])[]>> = {
  'policy/factors.js': [["'TOTP', ", "'TOTP', 'PUSH', "]],
  'policy/settings.js': [
    ['forceMfa: parseBoolean,', 'forceMfa: parseBoolean, askForConsent: parseBoolean,'],
    ['forceMfa: false,', 'forceMfa: false, askForConsent: false,'],
  ],
  'login-policy-projection.js': [['version: 3,', 'version: 4,']],
  'events/event-codec.js': [
    [
      "SecondFactorAdded: asItIs('factor', secondFactor),",
      `SecondFactorAdded: { ...asItIs('factor', secondFactor), newFrom: 2, upcasters: [(data) => data],
        downcasters: [(data) => data.factor === 'PUSH' ? undefined : data] },`,
    ],
    [
      'LoginPolicyAdded: settingsSchema({ input: parseSettings, recorded: parseRecordedSettings }),',
      `LoginPolicyAdded: { ...settingsSchema({ input: parseSettings, recorded: parseRecordedSettings }), newFrom: 2,
        upcasters: [({ settings }) => ({ settings: { ...settings, askForConsent: false } })],
        downcasters: [({ settings: { askForConsent, ...settings } }) => askForConsent ? undefined : { settings }] },`,
    ],
    [
      'LoginPolicyChanged: settingsSchema({ input: parseSettingsChange, recorded: parseRecordedSettingsChange }),',
      `LoginPolicyChanged: { ...settingsSchema({ input: parseSettingsChange, recorded: parseRecordedSettingsChange }), newFrom: 2,
        upcasters: [(data) => data],
        downcasters: [(data) => 'askForConsent' in data.settings ? undefined : data] },`,
    ],
  ],
};

/** Makes the next release of this package of this one, and imports it beside this one. */
export async function nextRelease(): Promise<Release> {
  const built = fileURLToPath(new URL('.', import.meta.resolve('@login-policy/domain')));
  // Beside the package, where it finds what it needs.
  const folder = await mkdtemp(join(built, '../.test-build/next-release-'));
  try {
    await cp(built, folder, { recursive: true });
    for (const [file, changes] of Object.entries(CHANGES)) {
      let text = await readFile(join(folder, file), 'utf8');
      for (const [now, next] of changes) {
        if (!text.includes(now)) throw new Error(`${file} has no ${now} to make the next release of`);
        text = text.replace(now, next);
      }
      await writeFile(join(folder, file), text);
    }
    const release: Release = await import(pathToFileURL(join(folder, 'index.js')).href);
    return release;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
