/**
 * Text that came from elsewhere, as a terminal may have it: a name or a reason can't move the cursor, change colours, or turn the
 * direction of what stands beside it.
 */
export function plain(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);
}

/** Control characters, and those that change the direction of writing. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
