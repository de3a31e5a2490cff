const MOST_WORDS = 64;
const LONGEST_WORD = 40;

/** The words of a text, each once, in lower case: what it can be found by. The first 64, and of each the first 40 characters. */
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
