const MOST_WORDS = 64;
const LONGEST_WORD = 40;

/**
 * The words of a text, each once, in lower case, for the index: the first 64 words, and the first 40 characters of
 * each.
 */
export function wordsOf(text: string): readonly string[] {
  const words = new Set<string>();
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{N}]+/gu)) {
    words.add(word.slice(0, LONGEST_WORD));
    if (words.size === MOST_WORDS) break;
  }
  return [...words];
}
