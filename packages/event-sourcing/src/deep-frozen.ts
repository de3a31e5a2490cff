/**
 * Freezes what is made of plain objects and arrays, and answers with it: what is kept is handed out to many, and none of them may
 * change it for the others. What is frozen already is taken to be so throughout; instances of classes stay as they are.
 */
export function deepFrozen<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  if (!Array.isArray(value) && !isPlain(value)) return value;
  for (const member of Object.values(value)) deepFrozen(member);
  return Object.freeze(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
