const [FIRST_STRONG, END] = ['\u2068', '\u2069'];
/** Characters with left-to-right direction, which don't affect their surroundings. */
const PLAIN = /^[\u0020-\u02FF\u0370-\u058F\u2010-\u2027\u2030-\u205E\u20A0-\u20CF]*$/;
/** Characters that would end the isolation, or show the letters of a name in another order. */
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/g;

/** A name to show; the id where the name has no visible character. */
export function shownName(name: string, id: string): string {
  return isolated(/[^\p{C}\p{M}\p{Z}]/u.test(name) ? name : id);
}

/**
 * Isolates a text from the direction of its surroundings, for use in a sentence. It replaces `<bdi>` where no element
 * is possible: in titles, options, and composed sentences.
 */
export function isolated(text: string): string {
  return PLAIN.test(text) ? text : `${FIRST_STRONG}${text.replaceAll(DIRECTIONS, '')}${END}`;
}
