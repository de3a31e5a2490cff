import { Pool } from 'pg';
import { databaseUrl } from './database.js';

/** A pool each of whose statements a test meets before it is sent: as JSON of what the driver was given. */
export async function metPool(meet: (statement: string) => Promise<void>): Promise<Pool> {
  const pool = new Pool({ connectionString: await databaseUrl() });
  pool.on('connect', (client) => {
    const ask: unknown = client.query;
    const query = async (...given: readonly unknown[]): Promise<unknown> => {
      await meet(JSON.stringify(given));
      return typeof ask === 'function' ? Reflect.apply(ask, client, given) : undefined;
    };
    Object.assign(client, { query });
  });
  return pool;
}
