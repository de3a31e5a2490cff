import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratePostgresStore, openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { listenersOf } from './locks.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

interface Damage {
  /** The next request with this word is answered over a damaged line. */
  readonly word: string;
  /** The answer comes after that. */
  readonly until: () => Promise<void>;
}

let damage: Damage | undefined;

function damageNext(word: string, until: Damage['until']): void {
  damage = { word, until };
}

function isDamaged(): boolean {
  return damage === undefined;
}

/** A socket that fails as one with TLS does, which notices what was damaged on the way. */
function damagedSocket(): Socket {
  const socket = new Socket();
  const write = socket.write.bind(socket);
  const code = 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC';
  const damaging = (bytes: Uint8Array, done?: () => void): boolean => {
    if (damage !== undefined && Buffer.from(bytes).includes(damage.word)) {
      const { until } = damage;
      damage = undefined;
      socket.pause();
      until()
        .finally(() => socket.destroy(Object.assign(new Error('bad record mac'), { code })))
        .catch(() => undefined);
    }
    return write(bytes, done);
  };
  // To connect gives a socket its own way to write again.
  return socket.once('connect', () => Object.assign(socket, { write: damaging }));
}

describe('a connection to PostgreSQL over TLS', () => {
  for (const preparedStatements of ['when-direct', 'never'] as const)
    it(`that is damaged is a lost one: an append is looked up, a read repeated; prepared ${preparedStatements}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const pool = new Pool({ connectionString: await databaseUrl(), stream: damagedSocket });
        const [store, witness] = [
          await storage.open({ pool, preparedStatements, listen: 'off' }),
          await storage.open(),
        ];
        await store.eventStore.append(appendTo('a'));
        const isWritten = async (): Promise<boolean> => (await allEvents(witness.eventStore)).length === 2;
        damageNext('append_v13', () => eventually('the append', isWritten));
        const [event] = await store.eventStore.append(appendTo('a'));
        expect(isDamaged()).to.equal(true);
        damageNext('.events', async () => undefined);
        expect(await store.eventStore.head()).to.equal(event?.position);
        expect(isDamaged()).to.equal(true);
        expect(await allEvents(store.eventStore)).to.have.length(2);
        await store.close();
        await pool.end();
      }));

  it('whose certificate can’t be read is a fault, and does not end the process', () =>
    onStorage(freshStorage(), async (storage) => {
      const folder = mkdtempSync(join(tmpdir(), 'login-policy-certificate-'));
      const certificate = join(folder, 'ca.pem');
      // The driver reads the file for each connection. The server of the tests has no TLS.
      const url = new URL(await databaseUrl());
      url.search = String(new URLSearchParams({ sslrootcert: certificate, sslmode: 'disable' }));
      let sockets = 0;
      const counted = (): Socket => {
        sockets += 1;
        return new Socket();
      };
      const pool = new Pool({ connectionString: url.href, stream: counted });
      for (const call of [openPostgresStore, migratePostgresStore])
        expect(await refusal(call({ pool, schema: storage.schema }))).to.include({ code: 'store-unavailable' });
      writeFileSync(certificate, 'none');
      const store = await storage.open({ pool });
      rmSync(certificate);
      const [before, ending] = [sockets, new AbortController()];
      const reading = (async () => {
        for await (const { kind } of store.eventStore.subscribe({ signal: ending.signal }))
          expect(kind).to.be.a('string');
      })();
      await eventually('an attempt to listen', async () => sockets > before);
      writeFileSync(certificate, 'none');
      await eventually('a listener', async () => (await listenersOf(storage.pool, storage.schema)).length > 0);
      ending.abort();
      await reading;
      await store.close();
      await pool.end();
      rmSync(folder, { recursive: true });
    }));
});
