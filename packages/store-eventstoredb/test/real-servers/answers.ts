import { readFile } from 'node:fs/promises';

/** What a real server answered, by the name of the question. */
export async function answersOf(version: string): Promise<ReadonlyMap<string, unknown>> {
  const file = new URL(`../../test/real-servers/${version}.txt`, import.meta.url);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(' => ');
      return [line.slice(0, at), JSON.parse(line.slice(at + 4))];
    }),
  );
}

/**
 * Not compared: texts, since nothing may depend on one; compression; places; and what this client's messages have no
 * field for.
 */
const LEFT_OUT = new Set([
  ...['details', 'message', 'hex', 'cm', 'np', 'created', 'content-type', 'grpc-encoding', 'correlationId', 'date'],
  ...[
    'position',
    'noPosition',
    'firstStreamPosition',
    'lastStreamPosition',
    'lastAllStreamPosition',
    'streamPosition',
    'streamIdentifier',
  ],
]);

/** The same answer in the form in which answers are compared. */
export function comparable(answer: unknown): unknown {
  if (answer === 'TIMEOUT 8s') return 'silent';
  const items = Array.isArray(answer) ? answer.filter((item) => !isOwnEnd(item)).map(reduced) : reduced(answer);
  return Array.isArray(items) && items.length === 1 ? items[0] : items;
}

/** How many messages there are in an answer, its end aside. */
export function messagesIn(answer: unknown): number {
  if (answer === 'TIMEOUT 8s') return 0;
  if (!Array.isArray(answer)) return 1;
  const isEnded = answer.some((item) => typeof item === 'object' && item !== null && 'err' in item);
  const messages = answer.filter((item) => !isOwnEnd(item)).length;
  return isEnded && messages === 0 ? 0 : messages;
}

/** The call was ended by who asked. */
function isOwnEnd(item: unknown): boolean {
  return typeof item === 'object' && item !== null && 'err' in item && Reflect.get(Object(item.err), 'code') === 1;
}

function reduced(value: unknown): unknown {
  if (typeof value === 'number' && value > 2 ** 63) return 'no stream';
  if (Array.isArray(value)) return value.map(reduced);
  if (typeof value !== 'object' || value === null) return value;
  const type: unknown = Reflect.get(Object(Reflect.get(value, 'details')), 'typeUrl');
  const fields = Object.entries(value)
    .filter(
      ([name, field]) => !LEFT_OUT.has(name) && field !== undefined && field !== '' && field !== 0 && field !== '0',
    )
    .map(([name, field]) => [name, name === 'caughtUp' ? name : reduced(field)] as const);
  return Object.fromEntries(typeof type === 'string' ? [...fields, ['type', type]] : fields);
}
