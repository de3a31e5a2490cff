import { Unreachable, refusalOf } from './failure.js';
import { objectOf, UnexpectedAnswer, type JsonObject } from './json.js';

/** A request that is answered with many lines of JSON, as they are made. */
export interface LinesRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Fired, the server stops what it does. */
  readonly signal: AbortSignal;
}

/**
 * Sends a request and hands each line of the answer over as it comes. Its end is the answer's end, or that the signal fired.
 *
 * @throws Refused when the server said no, also in its last line; Unreachable when the answer broke off.
 */
export async function sendForLines(
  { path, headers, body, signal }: LinesRequest,
  take: (line: JsonObject) => void,
): Promise<void> {
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      credentials: 'same-origin',
      cache: 'no-store',
      body: JSON.stringify(body),
      signal,
    });
    if (!response.ok || response.body === null) throw refusalOf(response.status, await response.text());
    await readLines(response.body, take);
  } catch (caught) {
    if (signal.aborted) return;
    throw caught instanceof TypeError ? new Unreachable(caught) : caught;
  }
}

async function readLines(body: ReadableStream<Uint8Array>, take: (line: JsonObject) => void): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line, take);
  }
  if (rest !== '') throw new UnexpectedAnswer('its last line is cut off');
}

function takeLine(text: string, take: (line: JsonObject) => void): void {
  const line = objectOf(JSON.parse(text), 'a line');
  if (line['error'] !== undefined) throw refusalOf(500, JSON.stringify(line['error']));
  take(line);
}
