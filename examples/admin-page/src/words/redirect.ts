const RUNS_SCRIPT = /^\s*(javascript|data|vbscript):/i;
const LONGEST = 2048;

/**
 * Why a text is not a valid redirect URI, as a sentence; `undefined` if it may be one. The server makes the final
 * check.
 */
export function redirectProblem(text: string): string | undefined {
  if (text === '') return undefined;
  if (RUNS_SCRIPT.test(text)) return 'This URI could run script in the user’s browser, so it is not taken.';
  if (text.length > LONGEST) return 'A redirect URI has at most 2,048 characters.';
  if (!isAbsolute(text) || /\s/.test(text)) {
    return 'Give an absolute URI, such as https://app.example.com/home, or leave it empty.';
  }
  return undefined;
}

function isAbsolute(uri: string): boolean {
  try {
    return new URL(uri).href !== '';
  } catch {
    return false;
  }
}
