import type { AsOf } from '@login-policy/domain';
import { parsePosition } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** What a moment looks like on a command line. */
export const MOMENT = 'INSTANT|SEQUENCE|@POSITION';

/** A moment: a sequence of the policy, a position behind an @, or an instant with its offset. @throws Failure */
export function parseMoment(text: string, option: string): AsOf {
  if (/^\d{1,18}$/.test(text)) return { sequence: BigInt(text) };
  if (/^@\d{1,51}$/.test(text)) return { position: parsePosition(text.slice(1)) };
  if (/^\d{4}-\d\d-\d\d/.test(text)) return { instant: text };
  const forms = 'a sequence (7), a position (@1234) or an instant with its offset (2026-11-28T12:00:00Z)';
  throw new Failure(EXIT.usage, `--${option} is ${forms}, not ${JSON.stringify(text)}.`);
}
