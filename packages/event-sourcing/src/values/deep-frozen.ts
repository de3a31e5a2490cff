/**
 * Freezes plain objects and arrays throughout and returns the value, so that one holder can't change it for the others.
 * A non-extensible object counts as frozen already. Class instances stay as they are.
 */
export function deepFrozen<Value>(value: Value): Value {
  // `isExtensible` costs far less than `isFrozen`, and this runs with every command.
  if (typeof value !== 'object' || value === null || !Object.isExtensible(value)) return value;
  if (Array.isArray(value)) {
    for (const member of value) deepFrozen(member);
    return Object.freeze(value);
  }
  if (!isPlain(value)) return value;
  for (const name in value) {
    const member = value[name];
    if (typeof member === 'object') deepFrozen(member);
  }
  return Object.freeze(value);
}

/** Whether a value is an object without a class. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
