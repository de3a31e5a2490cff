/**
 * Makes `instanceof` recognise the instances of a class from every installed copy of its package, and from every realm.
 * Call it right below the class, with the same name in every version. A class that is derived from it is not affected.
 */
export function acrossCopies(type: abstract new (...args: never[]) => object, name: string): void {
  const mark = Symbol.for(`@login-policy/${name}`);
  Object.defineProperty(type.prototype, mark, { value: true });
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, one: unknown) {
      if (this === type) return typeof one === 'object' && one !== null && mark in one;
      return Function.prototype[Symbol.hasInstance].call(this, one);
    },
  });
}
