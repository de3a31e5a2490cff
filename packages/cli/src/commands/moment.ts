import type { AsOf } from '@login-policy/domain';
import { parseInstant, parsePosition } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** The format of a moment on the command line. */
export const MOMENT = 'INSTANT|SEQUENCE|@POSITION';

/** Parses a moment: a sequence of the policy, a position after an @, or an instant with its offset. @throws Failure */
export function parseMoment(text: string, source = '--as-of'): AsOf {
  if (/^[1-9]\d{0,17}$/.test(text)) return { sequence: BigInt(text) };
  if (/^@\d{1,51}$/.test(text)) return { position: parsePosition(text.slice(1)) };
  checkInstant(text, source, `a sequence (7), a position (@1234) or ${INSTANT}`);
  return { instant: text };
}

const INSTANT = 'an instant with its offset (2026-11-28T12:00:00Z)';

/** @throws Failure that names the source, when the text is not an instant. */
export function checkInstant(text: string, source: string, expected: string = INSTANT): void {
  try {
    parseInstant(text);
  } catch (cause) {
    throw new Failure(EXIT.usage, `${source} must be ${expected}, not ${JSON.stringify(text)}.`, { cause });
  }
}

/** Checks a moment, and returns its text unchanged, for the API. @throws Failure */
export function momentText(text: string, source: string): string;
export function momentText(text: string | undefined, source: string): string | undefined;
export function momentText(text: string | undefined, source: string): string | undefined {
  if (text !== undefined) parseMoment(text, source);
  return text;
}
