declare const brand: unique symbol;

/** A value that only its own parser makes, so that a plain string or number can't stand in for it by mistake. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
