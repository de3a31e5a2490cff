import { InvalidHistory } from './invalid-history.js';

const VERSION = 1;

/** The first line of a history. */
export const HEADER: string = JSON.stringify({ history: VERSION });

/**
 * Whether the first line of a history is a header.
 *
 * @throws InvalidHistory when its version is unknown to this program.
 */
export function isHistoryHeader(text: string): boolean {
  const version = versionIn(text);
  if (version === undefined) return false;
  if (version === VERSION) return true;
  const problem = `expected a history of version ${VERSION}, got ${JSON.stringify(version)}`;
  throw new InvalidHistory({ line: 1, field: 'history', problem });
}

/** The version in a header line. A line that is not JSON is reported when it is read as an event. */
function versionIn(text: string): unknown {
  try {
    const first: unknown = JSON.parse(text);
    return typeof first === 'object' && first !== null && 'history' in first ? first.history : undefined;
  } catch {
    return undefined;
  }
}
