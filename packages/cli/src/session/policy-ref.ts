/** An organization; `undefined` for the default policy. */
export type PolicyRef = string | undefined;
