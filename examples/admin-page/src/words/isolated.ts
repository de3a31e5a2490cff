const [FIRST_STRONG, END] = ['\u2068', '\u2069'];
/** Written from left to right, so that nothing of it turns around what stands beside it. */
const PLAIN = /^[\u0020-\u02FF\u0370-\u058F\u2010-\u2027\u2030-\u205E\u20A0-\u20CF]*$/;
const ISOLATES = /[\u2066-\u2069]/g;

/**
 * Text that somebody else wrote, to be set into a sentence: whatever its direction, what stands beside it stays as it is. It is what
 * `<bdi>` does, for where no element can be: titles, options, and sentences that are put together.
 */
export function isolated(text: string): string {
  // One that ends an isolate would end ours.
  return PLAIN.test(text) ? text : `${FIRST_STRONG}${text.replaceAll(ISOLATES, '')}${END}`;
}
