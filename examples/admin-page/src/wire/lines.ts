import { Unreachable, refusalOf } from './failure.js';
import { jsonOf, objectOf, type JsonObject } from './json.js';
import { refusalTo } from './request.js';

/** A request whose answer is a stream of JSON lines. */
export interface LinesRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** When it fires, the server stops its work. */
  readonly signal: AbortSignal;
}

/** After this silence the server counts as stopped. A thousand policies take less time. */
const TIMEOUT_MS = 60_000;

/**
 * Sends a request, and passes on each line of the answer as it arrives. Resolves at the end of the answer, or when the
 * signal fires.
 *
 * @throws Refused when the server refused, even in its last line; Unreachable when the answer was cut off, the server
 *   was silent for too long, or it stopped before the end of its work.
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

/** Fires after a long silence. */
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
    return setTimeout(() => this.#over.abort(), TIMEOUT_MS);
  }
}

interface Reader {
  readonly take: (line: JsonObject) => void;
  readonly heard: () => void;
}

/** Whether the answer had its last line. Otherwise it was cut off, or the server stopped its work. */
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
  const line = objectOf(jsonOf(text), 'a line');
  if (line['error'] !== undefined) throw refusalOf(500, JSON.stringify(line['error']));
  take(line);
  return line;
}
