/**
 * The value that a function returned, unless it is a promise: functions that compute states and rows answer at once.
 * `what` names the function.
 *
 * @throws TypeError for a promise.
 */
export function atOnce<Value>(value: Value, what: string): Value {
  if (!(value instanceof Promise)) return value;
  // What becomes of it no longer matters.
  value.catch(() => undefined);
  throw new TypeError(`${what} returned a promise, and must return its result at once`);
}
