import type { ReadModel } from '@login-policy/event-sourcing/store';

/** The row of a key; `undefined` if there is none. */
export async function rowUnder<Row>(model: ReadModel<Row>, key: string): Promise<Row | undefined> {
  return (await model.read([key])).rows.get(key);
}
