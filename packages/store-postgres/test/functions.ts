/** The names of the functions that a schema has. No other test file knows them. */
export const FUNCTIONS = { advance: 'advance_read_model', append: 'append', lookUp: 'look_up' } as const;

/** Which function of the schema a statement calls, if it calls one. */
export function calledIn(statement: string): keyof typeof FUNCTIONS | undefined {
  for (const name of ['advance', 'append', 'lookUp'] as const) if (statement.includes(callOf(name))) return name;
  return undefined;
}

/** A part that only statements have that call this function: `".append(`. */
export function callOf(name: keyof typeof FUNCTIONS): string {
  return `".${FUNCTIONS[name]}(`;
}
