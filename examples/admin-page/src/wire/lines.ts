import { Unreachable, refusalOf } from './failure.js';
import { objectOf, type JsonObject } from './json.js';
import { refusalTo } from './request.js';

/** A request that is answered with many lines of JSON, as they are made. */
export interface LinesRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Fired, the server stops what it does. */
  readonly signal: AbortSignal;
}

/** A server that says nothing for so long has stopped: a thousand policies take less. */
const PATIENCE_MS = 60_000;

/**
 * Sends a request and hands each line of the answer over as it comes. Its end is the answer's end, or that the signal fired.
 *
 * @throws Refused when the server said no, also in its last line; Unreachable when the answer broke off, the server fell silent, or it ended
 * before the work did.
 */
export async function sendForLines(
  { path, headers, body, signal }: LinesRequest,
  take: (line: JsonObject) => void,
): Promise<void> {
  const silence = new Silence();
  try {
    const response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      credentials: 'same-origin',
      cache: 'no-store',
      body: JSON.stringify(body),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok || response.body === null) throw refusalTo({ path }, response.status, await response.text());
    const isWhole = await readLines(response.body, { take, heard: () => silence.restart() });
    if (!isWhole) throw new Unreachable(undefined, 'ended');
  } catch (caught) {
    if (signal.aborted) return;
    if (silence.signal.aborted) throw new Unreachable(caught, 'silent');
    throw caught instanceof TypeError ? new Unreachable(caught) : caught;
  } finally {
    silence.end();
  }
}

/** Fires once nothing was heard for long. */
class Silence {
  readonly #over = new AbortController();
  #timer = this.#begun();

  get signal(): AbortSignal {
    return this.#over.signal;
  }

  restart(): void {
    this.end();
    this.#timer = this.#begun();
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #begun(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#over.abort(), PATIENCE_MS);
  }
}

interface Reader {
  readonly take: (line: JsonObject) => void;
  readonly heard: () => void;
}

/** Whether the last line was the end: without it the answer was cut off, or the server stopped the work. */
async function readLines(body: ReadableStream<Uint8Array>, { take, heard }: Reader): Promise<boolean> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  let isWhole = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    heard();
    const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) isWhole = takeLine(line, take)['end'] !== undefined;
  }
  return isWhole && rest === '';
}

function takeLine(text: string, take: (line: JsonObject) => void): JsonObject {
  const line = objectOf(JSON.parse(text), 'a line');
  if (line['error'] !== undefined) throw refusalOf(500, JSON.stringify(line['error']));
  take(line);
  return line;
}
