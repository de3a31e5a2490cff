import type { Answer, RestText } from '../calls/call-context.js';
import type { OwnCall } from './own-route.js';
import { errorJson } from './rest-protocol.js';

/** The content type of JSON Lines. */
export const LINES = 'application/x-ndjson';

/** Lines, in groups that are sent together. */
export type Lines = AsyncGenerator<readonly object[], void, undefined>;

/**
 * An answer in lines. Each group is made when the client is ready for it. A refusal before the first line is
 * answered like any refusal; a later failure is the last line, an `error`.
 *
 * @throws ApiError, or a fault of the store
 */
export async function linesAnswer(
  call: Pick<OwnCall, 'answers' | 'exchange'>,
  groups: Lines,
): Promise<Answer<RestText>> {
  try {
    const first = await groups.next();
    return { message: textOf(call, first, groups), type: LINES };
  } catch (caught) {
    throw call.answers.ofThrown(caught);
  }
}

async function* textOf(
  { answers, exchange }: Pick<OwnCall, 'answers' | 'exchange'>,
  first: IteratorResult<readonly object[], void>,
  groups: Lines,
): AsyncGenerator<string, void, undefined> {
  try {
    for (let group = first; group.done !== true; group = await groups.next())
      if (group.value.length > 0) yield group.value.map(lineOf).join('');
  } catch (caught) {
    const last = lineOf({ error: errorJson(exchange.reportFailure(answers.ofThrown(caught))) });
    try {
      yield last;
    } catch {
      // The caller is refused, which is most often what the line says already.
      yield last;
    }
  } finally {
    await groups.return();
  }
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
