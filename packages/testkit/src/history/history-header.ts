import { InvalidHistory } from './invalid-history.js';

const VERSION = 1;

/** The first line of a history. */
export const HEADER: string = JSON.stringify({ history: VERSION });

/**
 * Whether the first line of a history names the version of its form.
 *
 * @throws InvalidHistory when it is a version that this program does not know.
 */
export function isHistoryHeader(text: string): boolean {
  const version = versionIn(text);
  if (version === undefined) return false;
  if (version === VERSION) return true;
  const problem = `the history is of version ${JSON.stringify(version)}, and this program reads version ${VERSION}`;
  throw new InvalidHistory({ line: 1, field: 'history', problem });
}

/** A line that is not JSON is found when it is read as an event. */
function versionIn(text: string): unknown {
  try {
    const first: unknown = JSON.parse(text);
    return typeof first === 'object' && first !== null && 'history' in first ? first.history : undefined;
  } catch {
    return undefined;
  }
}
