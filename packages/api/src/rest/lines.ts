import type { Answer, RestText } from '../calls/call-context.js';
import type { OwnCall } from './own-route.js';
import { errorJson } from './rest-protocol.js';

/** The content type of JSON Lines. */
export const LINES = 'application/x-ndjson';

/** Lines, in groups that are sent together. */
export type Lines = AsyncGenerator<readonly object[], void, undefined>;

/**
 * An answer of lines. Each group is made once the client has read the previous one. A refusal before the first line is
 * answered like any refusal; a later failure is the last line, an `error`.
 *
 * @throws ApiError, or a fault of the store
 */
export async function inLines(call: Pick<OwnCall, 'answers' | 'exchange'>, parts: Lines): Promise<Answer<RestText>> {
  try {
    const first = await parts.next();
    return { message: textOf(call, first, parts), type: LINES };
  } catch (caught) {
    throw call.answers.ofThrown(caught);
  }
}

async function* textOf(
  { answers, exchange }: Pick<OwnCall, 'answers' | 'exchange'>,
  first: IteratorResult<readonly object[], void>,
  parts: Lines,
): AsyncGenerator<string, void, undefined> {
  try {
    for (let part = first; part.done !== true; part = await parts.next())
      if (part.value.length > 0) yield part.value.map(lineOf).join('');
  } catch (caught) {
    yield lineOf({ error: errorJson(exchange.failed(answers.ofThrown(caught))) });
  } finally {
    await parts.return();
  }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
