import { StoreUnavailable } from '@login-policy/event-sourcing/store';
import { openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { endingServer } from './ending-server.js';

describe('a connection to PostgreSQL', () => {
  it('that is ended right after it was made is a fault, and not the end of the process', async () => {
    const server = await endingServer();
    const pool = new Pool({ host: '127.0.0.1', port: server.port, user: 'postgres' });
    for (let round = 0; round < 20; round++) {
      const caught: unknown = await openPostgresStore({ pool }).catch((refused: unknown) => refused);
      expect(caught).to.be.instanceOf(StoreUnavailable);
    }
    expect([pool.listenerCount('error'), pool.listenerCount('connect')]).to.deep.equal([0, 0]);
    await pool.end();
    await server.close();
  });
});
