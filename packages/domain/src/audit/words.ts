/** All words that the 2,000 characters of a reason can hold. A foreign event's reason may be longer. */
const MOST_WORDS = 1000;
const LONGEST_INDEXED = 40;

/** The words of a text, each once, in lower case. */
export function wordsOf(text: string): readonly string[] {
  const words = new Set<string>();
  for (const [word] of text
    .normalize('NFKC')
    .toLowerCase()
    .matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
    words.add(word);
    if (words.size === MOST_WORDS) break;
  }
  return [...words];
}

/** Whether the index value of a word may be that of longer words, too. */
export function isCut(word: string): boolean {
  return word.length >= LONGEST_INDEXED;
}

/** The index value of a word: its first 40 code units, so that an index takes it. */
export function indexedWord(word: string): string {
  return word.slice(0, LONGEST_INDEXED).toWellFormed();
}
