const MOST_WORDS = 64;
const LONGEST_WORD = 40;

/** Half of a character outside the basic plane, where a word was cut within it. */
const HALF = /\p{Cs}$/u;

/**
 * The words of a text, each once, in lower case, for the index: the first 64 words, and the first 40 characters of
 * each. A character that does not fit whole is left out.
 */
export function wordsOf(text: string): readonly string[] {
  const words = new Set<string>();
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu)) {
    words.add(word.slice(0, LONGEST_WORD).replace(HALF, ''));
    if (words.size === MOST_WORDS) break;
  }
  return [...words];
}
