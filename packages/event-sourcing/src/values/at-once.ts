/**
 * The value that a function returned, unless it is a promise: functions that compute states and rows answer at once.
 * `what` names the function.
 *
 * @throws TypeError for a promise.
 */
export function atOnce<Value>(value: Value, what: string): Value {
  // A promise of another realm or library is not an instance of this realm's `Promise`.
  const isThenable = typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
  if (!isThenable) return value;
  // What becomes of it no longer matters.
  Promise.resolve(value).catch(() => undefined);
  throw new TypeError(`${what} returned a promise, and must return its result at once`);
}
