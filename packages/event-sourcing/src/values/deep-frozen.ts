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
  if (!isPlainObject(value)) return value;
  for (const name in value) {
    const member = value[name];
    if (typeof member === 'object') deepFrozen(member);
  }
  return Object.freeze(value);
}

/**
 * Whether a value is a plain object, of this realm or another one. An instance of a class is not: its inherited members,
 * such as a method that is an option, would be lost silently.
 */
export function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const above: unknown = Object.getPrototypeOf(value);
  if (above === null || above === Object.prototype) return true;
  return typeof above === 'object' && Object.getPrototypeOf(above) === null;
}
