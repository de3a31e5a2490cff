import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { defaultSettings, evaluateSignIn, type SignIn } from '@login-policy/domain';
import { backtest, signInRecorder } from '@login-policy/domain/backtest';
import type { SignInRules } from '@login-policy/domain/model';
import { INSTANCE_ID } from './course.js';

const ORGANIZATIONS = 1000;
const EVENT = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const DAY = Date.parse('2026-12-01T00:00:00.000Z');

const BEFORE: SignInRules = {
  settings: Object.freeze({ ...defaultSettings, lifetimes: Object.freeze({ ...defaultSettings.lifetimes }) }),
  secondFactors: ['TOTP', 'U2F'],
  multiFactors: ['U2F_WITH_VERIFICATION'],
  identityProviders: [],
};
const AFTER: SignInRules = { ...BEFORE, settings: Object.freeze({ ...BEFORE.settings, forceMfa: true }) };

/** Sign-ins of a day, alike in each run: most by a password and a code, some by a passkey or a password alone. */
function signInAt(number: number): SignIn {
  const at = new Date(DAY + ((number * 86_400) % 86_400_000)).toISOString();
  const others = { request: { startedAt: at }, at };
  const user = { hasPassword: true, factors: [], identityProviders: [] };
  if (number % 5 === 0) return { user, session: { password: at }, ...others };
  if (number % 5 === 1)
    return {
      user: { ...user, factors: ['U2F_WITH_VERIFICATION'] },
      session: { passkey: { at, isUserVerified: true } },
      ...others,
    };
  const session = { password: at, secondFactors: [{ factor: 'TOTP', at }] } as const;
  return { user: { ...user, factors: ['TOTP'] }, session, ...others };
}

/** Writes a file of records. */
export async function writeRecords(path: string, count: number): Promise<void> {
  const file = createWriteStream(path);
  let pending: string[] = [];
  const recorder = signInRecorder({ write: (lines) => void pending.push(lines) });
  for (let number = 0; number < count; number++) {
    const signIn = signInAt(number);
    recorder.record({
      owner: { instanceId: INSTANCE_ID, organizationId: `organization-${number % ORGANIZATIONS}` },
      user: `user-${number}`.padEnd(22, '0'),
      isAdministrator: number % 100 === 0,
      signIn,
      answer: evaluateSignIn(BEFORE, signIn),
      eventId: EVENT,
    });
    if (pending.length < 1000) continue;
    if (!file.write(pending.join(''))) await once(file, 'drain');
    pending = [];
  }
  file.end(pending.join(''));
  await once(file, 'close');
}

/** How many sign-ins would be asked to set up a factor. */
export async function hitByUs(path: string): Promise<number> {
  const text = createReadStream(path, 'utf8');
  const { badLineCount, effects } = await backtest([{ name: path, text }], {
    from: (_, eventId) => Promise.resolve(eventId === EVENT ? BEFORE : undefined),
    to: () => Promise.resolve(AFTER),
  });
  if (badLineCount > 0) throw new Error(`${badLineCount} lines were not judged`);
  return effects.hasToSetUp.signIns;
}

/** The same with a bare loop. */
export async function hitByHand(path: string): Promise<number> {
  let [hit, rest] = [0, ''];
  for await (const piece of createReadStream(path, 'utf8')) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const record: unknown = JSON.parse(line);
      if (!isRecord(record)) throw new TypeError('not a record');
      const { signIn } = record;
      const [before, after] = [evaluateSignIn(BEFORE, signIn), evaluateSignIn(AFTER, signIn)];
      if (before.outcome === 'proceed' && after.outcome === 'set-up') hit++;
    }
  }
  return hit;
}

function isRecord(value: unknown): value is { readonly signIn: SignIn } {
  return typeof value === 'object' && value !== null && 'signIn' in value;
}
