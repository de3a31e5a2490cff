/**
 * Escapes text from outside for a terminal, so that it can't move the cursor, change colours, or affect the direction
 * of the text beside it.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Control characters, and characters that change the text direction. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
