/** An object of JSON whose members are not known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** The server answered something else than its contract says. The page can't go on with it. */
export class UnexpectedAnswer extends Error {
  constructor(what: string) {
    super(`The server's answer can't be read: ${what}.`);
    this.name = 'UnexpectedAnswer';
  }
}

/** Takes an object. @throws UnexpectedAnswer */
export function objectOf(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new UnexpectedAnswer(`${what} is not an object`);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Takes text. @throws UnexpectedAnswer */
export function textOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new UnexpectedAnswer(`${what} is not text`);
}

/** Takes text that may be left out. @throws UnexpectedAnswer */
export function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, what);
}

/** Takes a list that is left out when it is empty. @throws UnexpectedAnswer */
export function listOf<Item>(value: unknown, what: string, item: (one: unknown) => Item): readonly Item[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new UnexpectedAnswer(`${what} is not a list`);
  return value.map((one: unknown) => item(one));
}
