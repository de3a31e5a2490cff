import type { Answer, RestText } from '../calls/call-context.js';
import type { OwnCall } from './own-route.js';
import { errorJson } from './rest-skin.js';

/** The type of an answer of many values of JSON, each in a line of its own. */
export const LINES = 'application/x-ndjson';

/** The lines that are told together. */
export type Lines = AsyncGenerator<readonly object[], void, undefined>;

/**
 * An answer of lines, each part made when the one before was taken in. What is refused before the first is refused as any call is; what fails
 * behind it is the last line, an `error`.
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
