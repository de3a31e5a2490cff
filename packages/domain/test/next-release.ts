import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { openLoginPolicies, SECOND_FACTORS } from '@login-policy/domain';

/** What a test asks of it. */
interface Release {
  readonly openLoginPolicies: typeof openLoginPolicies;
  readonly SECOND_FACTORS: typeof SECOND_FACTORS;
}

/**
 * What the next release might bring: a second factor and a setting more, each held by events that say so by their
 * version.
 */
const CHANGES: readonly (readonly [now: RegExp, next: string])[] = [
  [/(SECOND_FACTORS = \[\s*)(["'])TOTP\2,/, '$1"TOTP", "PUSH",'],
  [/forceMfa: parseBoolean,/, 'forceMfa: parseBoolean, askForConsent: parseBoolean,'],
  [/forceMfa: false,/, 'forceMfa: false, askForConsent: false,'],
  [/forceMfa: (\w+)\.forceMfa \?\? (\w+)\.forceMfa,/, '$& askForConsent: $1.askForConsent ?? $2.askForConsent,'],
  [/(name: (["'])login-policies\2,\s*)version: 1,/, '$1version: 2,'],
  [
    /SecondFactorAdded: (oneMember\([^)]*\)),/,
    `SecondFactorAdded: { ...$1, upcasters: [(data) => data],
      downcasters: [(data) => data.factor === 'PUSH' ? undefined : data] },`,
  ],
  [
    /LoginPolicyAdded: (oneMember\([^)]*\)),/,
    `LoginPolicyAdded: { ...$1,
      upcasters: [({ settings }) => ({ settings: { ...settings, askForConsent: false } })],
      downcasters: [({ settings: { askForConsent, ...settings } }) => askForConsent ? undefined : { settings }] },`,
  ],
  [
    /LoginPolicyChanged: (oneMember\([^)]*\)),/,
    `LoginPolicyChanged: { ...$1,
      upcasters: [(data) => data],
      downcasters: [(data) => 'askForConsent' in data.settings ? undefined : data] },`,
  ],
];

/** Makes the next release of this package of this one, and imports it beside this one. */
export async function nextRelease(): Promise<Release> {
  const built = fileURLToPath(new URL('.', import.meta.resolve('@login-policy/domain')));
  // Beside the package, where it finds what it needs.
  const folder = await mkdtemp(join(built, '../.test-build/next-release-'));
  try {
    await cp(built, folder, { recursive: true });
    const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.js'));
    for (const change of CHANGES) await changeOneOf(files, folder, change);
    const release: Release = await import(pathToFileURL(join(folder, 'index.js')).href);
    return release;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Bundled or not: one of the files has it. */
async function changeOneOf(
  files: readonly string[],
  folder: string,
  [now, next]: (typeof CHANGES)[number],
): Promise<void> {
  for (const file of files) {
    const text = await readFile(join(folder, file), 'utf8');
    if (now.test(text)) return writeFile(join(folder, file), text.replace(now, next));
  }
  throw new Error(`no file has ${now} to make the next release of`);
}
