/**
 * Freezes what is made of plain objects and arrays, and answers with it: what is kept is handed out to many, and none of them may
 * change it for the others. What nothing can be added to any more is taken to be frozen throughout; instances of classes stay as they are.
 */
export function deepFrozen<Value>(value: Value): Value {
  // Whether something can be added costs far less to ask than whether it is frozen, and this is asked with every command.
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

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
