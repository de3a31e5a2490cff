import type { AsOf } from '@login-policy/domain';
import { parsePosition } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** The format of a moment on the command line. */
export const MOMENT = 'INSTANT|SEQUENCE|@POSITION';

/** Parses a moment: a sequence of the policy, a position after an @, or an instant with its offset. @throws Failure */
export function parseMoment(text: string, source = '--as-of'): AsOf {
  if (/^\d{1,18}$/.test(text)) return { sequence: BigInt(text) };
  if (/^@\d{1,51}$/.test(text)) return { position: parsePosition(text.slice(1)) };
  if (/^\d{4}-\d\d-\d\d/.test(text)) return { instant: text };
  const forms = 'a sequence (7), a position (@1234) or an instant with its offset (2026-11-28T12:00:00Z)';
  throw new Failure(EXIT.usage, `${source} is ${forms}, not ${JSON.stringify(text)}.`);
}

/** Checks a moment, and returns its text unchanged, for the API. @throws Failure */
export function momentText(text: string, source: string): string;
export function momentText(text: string | undefined, source: string): string | undefined;
export function momentText(text: string | undefined, source: string): string | undefined {
  if (text !== undefined) parseMoment(text, source);
  return text;
}
