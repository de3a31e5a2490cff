/** A JSON object with unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The server's answer violates its contract, so the page can't use it. */
export class UnexpectedAnswer extends Error {
  constructor(what: string) {
    super(`The server's answer can't be read: ${what}.`);
    this.name = 'UnexpectedAnswer';
  }
}

/** Parses JSON. @throws UnexpectedAnswer for anything else, such as the page of a proxy */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedAnswer('it is not JSON');
  }
}

/** Parses an object. @throws UnexpectedAnswer */
export function objectOf(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new UnexpectedAnswer(`${what} is not an object`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses a text. @throws UnexpectedAnswer */
export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new UnexpectedAnswer(`${what} is not text`);
}

/** Parses an optional text. @throws UnexpectedAnswer */
export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, what);
}

/** Parses a list; an absent one is empty. @throws UnexpectedAnswer */
export function listOf<Item>(value: unknown, what: string, item: (one: unknown) => Item): readonly Item[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new UnexpectedAnswer(`${what} is not a list`);
  return value.map((one: unknown) => item(one));
}
