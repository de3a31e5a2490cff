import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migratePostgresStore, openPostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { databaseUrl } from './database.js';
import { callOf } from './functions.js';
import { refusal } from './refusal.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();

/** How a damaged line shows itself, by who notices. */
const DAMAGES: Readonly<Record<string, (socket: Socket) => unknown>> = {
  TLS(socket) {
    const code = 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC';
    return socket.destroy(Object.assign(new Error('bad record mac'), { code }));
  },
  'the driver, as an unknown message': (socket) => socket.emit('data', Buffer.from('X\0\0\0\x04')),
  'a pooler, which says so without a code': (socket) => socket.emit('data', Buffer.from('E\0\0\0\x0bMbroke\0\0')),
};

interface Damage {
  /** The next request with this word is answered over a damaged line. */
  readonly word: string;
  /** The answer comes after that. */
  readonly until: () => Promise<void>;
  readonly damage: (socket: Socket) => unknown;
}

let next: Damage | undefined;

function damageNext(damage: Damage): void {
  next = damage;
}

function isDamaged(): boolean {
  return next === undefined;
}

function damagedSocket(): Socket {
  const socket = new Socket();
  const write = socket.write.bind(socket);
  const damaging = (bytes: Uint8Array, done?: () => void): boolean => {
    if (next !== undefined && Buffer.from(bytes).includes(next.word)) {
      const { until, damage } = next;
      next = undefined;
      socket.pause();
      until()
        .finally(() => {
          damage(socket);
          setImmediate(() => socket.destroy());
        })
        .catch(() => undefined);
    }
    return write(bytes, done);
  };
  // To connect gives a socket its own way to write again.
  return socket.once('connect', () => Object.assign(socket, { write: damaging }));
}

describe('a connection to PostgreSQL, as over TLS', () => {
  for (const [noticedBy, damage] of Object.entries(DAMAGES))
    it(`that is damaged is a lost one: an append is looked up, a read repeated; noticed by ${noticedBy}`, () =>
      onStorage(freshStorage(), async (storage) => {
        const pool = new Pool({ connectionString: await databaseUrl(), stream: damagedSocket });
        const [store, witness] = [await storage.open({ pool }), await storage.open()];
        await store.eventStore.append(appendTo('a'));
        const isWritten = async (): Promise<boolean> => (await allEvents(witness.eventStore)).length === 2;
        damageNext({ word: callOf('append'), until: () => eventually('the append', isWritten), damage });
        const [event] = await store.eventStore.append(appendTo('a'));
        expect(isDamaged()).to.equal(true);
        damageNext({ word: '.events', until: async () => undefined, damage });
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
      const pool = new Pool({ connectionString: url.href });
      for (const call of [openPostgresStore, migratePostgresStore])
        expect(await refusal(call({ pool, schema: storage.schema }))).to.include({ code: 'store-unavailable' });
      writeFileSync(certificate, 'none');
      const store = await storage.open({ pool });
      await store.close();
      await pool.end();
      rmSync(folder, { recursive: true });
    }));
});
