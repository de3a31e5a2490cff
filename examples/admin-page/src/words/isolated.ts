const [FIRST_STRONG, END] = ['\u2068', '\u2069'];
/** Characters with left-to-right direction, which don't affect their surroundings. */
const PLAIN = /^[\u0020-\u02FF\u0370-\u058F\u2010-\u2027\u2030-\u205E\u20A0-\u20CF]*$/;
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * Isolates a text from the direction of its surroundings, for use in a sentence. It replaces `<bdi>` where no element
 * is possible: in titles, options, and composed sentences.
 */
export function isolated(text: string): string {
  // A closing character in the text would end our isolation.
  return PLAIN.test(text) ? text : `${FIRST_STRONG}${text.replaceAll(ISOLATES, '')}${END}`;
}
