import { Pool } from 'pg';

/** What a program of version 12 asks where this one asks by a function of version 13. */
const CALLS_OF_12: readonly (readonly [RegExp, string])[] = [
  [/find_event_at_v13/g, 'placed_v10'],
  [/store_row_count_v13/g, 'keep_count_v12'],
  [/advance_read_model_v13/g, 'take_step_v10'],
  [/append_v13\((.*?)\)/g, 'append_v10($1, NULL)'],
  [
    /SELECT \* FROM (\S+)\.lock_and_look_up_v13\((.*?)\)/g,
    "SELECT CASE what WHEN 'end' THEN 'stream' ELSE what END, name, a, b, c FROM $1.look_v10($2)",
  ],
];

/** The pool of a program that calls the functions that programs of version 12 call. */
export function callingVersion12(pool: Pool): Pool {
  const older = new Pool(pool.options);
  older.on('connect', (client) => {
    const query = client.query.bind(client);
    const asked = (given: unknown, ...rest: readonly unknown[]): unknown => {
      const text = typeof given === 'object' && given !== null && 'text' in given ? String(given.text) : undefined;
      const called = CALLS_OF_12.reduce<string | undefined>((call, [now, then]) => call?.replace(now, then), text);
      return Reflect.apply(query, client, [called === undefined ? given : { ...Object(given), text: called }, ...rest]);
    };
    Object.assign(client, { query: asked });
  });
  return older;
}
