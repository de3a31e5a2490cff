/** What the hostile getter and proxy throw: a caller's own error, which may be passed on as it is. */
export const OWN = new Error('an error of the caller');

function fail(): never {
  throw OWN;
}

/** What plain JavaScript passes in spite of the types. Made anew for each call. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  'a text': () => 'text',
  'a blank text': () => ' ',
  'a number': () => -1.5,
  NaN: () => Number.NaN,
  '1e21': () => 1e21,
  'a big integer': () => -1n,
  true: () => true,
  'an empty object': () => ({}),
  'an object with null': () => ({ type: null, id: null, name: null }),
  'a list': () => [],
  'a list of null': () => [null],
  'a proxy that throws': () =>
    new Proxy({}, { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail, getOwnPropertyDescriptor: fail }),
  'a symbol': () => Symbol('hostile'),
  'a promise': () => Promise.resolve({}),
  'a function': () => () => undefined,
};

/** The given object with that member replaced, or by a getter that throws. */
export function withMember(given: object, name: string, value: unknown): object {
  return { ...given, [name]: value };
}

export function withThrowingGetter(given: object, name: string): object {
  return Object.defineProperty({ ...given }, name, { enumerable: true, get: fail });
}
