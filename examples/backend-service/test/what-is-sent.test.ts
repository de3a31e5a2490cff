import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type CommandAnswer,
  type LoginPolicies,
} from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import type { Store } from '@login-policy/event-sourcing';
import { openPostgresStore } from '@login-policy/store-postgres';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { withPostgres } from './with-postgres.js';

const by = { actor: 'administrator' };
const PASSKEY = 'U2F_WITH_VERIFICATION';
const instance = { instanceId: 'iam' };
const acme = { ...instance, organizationId: 'acme' };
const globex = { ...instance, organizationId: 'globex' };
const initech = { ...instance, organizationId: 'initech' };
const user = { hasPassword: true, factors: [], identityProviders: [] };
const signIn = { user, session: {} };

interface Call {
  readonly what: string;
  /** The statements of SQLite, and the round trips to PostgreSQL. */
  readonly sends: readonly [sqlite: number, postgres: number];
  readonly because: string;
  readonly call: (policies: LoginPolicies) => Promise<unknown>;
}

/** In a warm process, which alone writes. A busy machine does not blur these costs: a change of a number needs its reason. */
const CALLS: readonly Call[] = [
  {
    what: 'a command on a known policy',
    sends: [6, 1],
    because: 'planned from the cache: one transaction',
    call: (policies) => policies.removeMultiFactor(instance, PASSKEY, by),
  },
  {
    what: 'a command on a known custom policy',
    sends: [7, 1],
    because: 'the default that stands behind it is known, too',
    call: (policies) => policies.removeMultiFactor(acme, PASSKEY, by),
  },
  {
    what: 'a first command on a new stream',
    sends: [15, 3],
    because: 'the default is read, then the stream is looked at',
    call: (policies) => policies.customize(globex, by),
  },
  {
    what: 'a command under a key',
    sends: [7, 1],
    because: 'its receipt is written with it, and looked for by the constraint',
    call: (policies) => policies.addMultiFactor(instance, PASSKEY, { ...by, idempotencyKey: 'one' }),
  },
  {
    what: 'the same command again under its key',
    sends: [9, 4],
    because: 'the stream is read before it is refused; then the receipt, and the events up to it',
    call: (policies) => policies.addMultiFactor(instance, PASSKEY, { ...by, idempotencyKey: 'one' }),
  },
  {
    what: 'a command that is refused',
    sends: [2, 1],
    because: 'a refusal is given only from a stream that was looked at',
    call: (policies) => policies.addMultiFactor(instance, PASSKEY, by),
  },
  {
    what: 'a command that changes nothing',
    sends: [2, 1],
    because: 'likewise',
    call: (policies) => policies.change(instance, {}, by),
  },
  {
    what: 'a preview on the default',
    sends: [14, 3],
    because: 'the stream is read, custom policies are listed, and those that still allow it are counted',
    call: (policies) => previewCommand(policies, instance, { type: 'removeMultiFactor', factor: PASSKEY }),
  },
  {
    what: 'a read of a policy',
    sends: [1, 1],
    because: 'on SQLite the row is cached, and one pragma tells that nobody else has written',
    call: (policies) => policies.policy(instance),
  },
  {
    what: 'an effective policy',
    sends: [7, 1],
    because: 'both rows in one look',
    call: (policies) => policies.effectivePolicy(initech),
  },
  {
    what: 'a judged sign-in',
    sends: [1, 1],
    because: 'the effective policy again, which SQLite has cached by now',
    call: (policies) => policies.evaluateSignIn(initech, signIn),
  },
  {
    what: 'the organizations with a custom policy',
    sends: [12, 2],
    because: 'a page of keys, and their number',
    call: (policies) => policies.organizationsWithCustomPolicy(instance),
  },
  {
    what: 'a history',
    sends: [4, 2],
    because: 'a page of events',
    call: (policies) => policies.history(instance),
  },
  {
    what: 'a policy as of a sequence',
    sends: [10, 5],
    because: 'the last event, to know that the sequence is past, and the events up to it',
    call: (policies) => policies.policy(instance, { asOf: { sequence: 1n } }),
  },
];

/** Counts what each call sends, in their order. */
async function counted(store: Store, sent: () => number): Promise<Readonly<Record<string, number>>> {
  const policies = await openLoginPolicies({ store });
  const add = async (adding: Promise<CommandAnswer>): Promise<void> => void orThrow(await adding);
  await add(policies.add(instance, freshInstance, by));
  await add(policies.add(acme, freshInstance, by));
  await add(policies.change(acme, { forceMfa: true }, by));
  const counts: Record<string, number> = {};
  for (const { call, what } of CALLS) {
    const before = sent();
    await call(policies);
    counts[what] = sent() - before;
  }
  await policies.close();
  return counts;
}

function expected(place: 0 | 1): Readonly<Record<string, number>> {
  return Object.fromEntries(CALLS.map(({ sends, what }) => [what, sends[place]]));
}

describe('what a call sends', () => {
  it('to SQLite: statements', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'what-is-sent-'));
    const watched = watchSqlite();
    const store = await openSqliteStore({ path: join(folder, 'policies.db') });
    try {
      expect(await counted(store, () => watched.sent)).to.deep.equal(expected(0));
    } finally {
      await store.close();
      watched.restore();
      await rm(folder, { recursive: true });
    }
  });

  it('to PostgreSQL: round trips', () =>
    withPostgres(async (url) => {
      let sent = 0;
      const pool = new Pool({ connectionString: url, max: 2 });
      // The server is ready once for each round trip.
      pool.on('connect', (client) => {
        const connection: unknown = Reflect.get(client, 'connection');
        if (isListened(connection)) connection.on('readyForQuery', () => (sent += 1));
      });
      const store = await openPostgresStore({ pool });
      try {
        expect(await counted(store, () => sent)).to.deep.equal(expected(1));
      } finally {
        await store.close();
        await pool.end();
      }
    }));
});

function isListened(value: unknown): value is { on(name: string, listener: () => void): void } {
  return typeof value === 'object' && value !== null && 'on' in value && typeof value.on === 'function';
}

/** Counts the statements that the driver carries out. */
function watchSqlite(): { readonly sent: number; restore(): void } {
  let sent = 0;
  const statements = StatementSync.prototype;
  const { all, get, iterate, run } = statements;
  const { exec } = DatabaseSync.prototype;
  Object.assign(statements, {
    all: counting(all),
    get: counting(get),
    iterate: counting(iterate),
    run: counting(run),
  });
  Object.assign(DatabaseSync.prototype, { exec: counting(exec) });
  function counting(method: (...values: never[]) => unknown): (...values: never[]) => unknown {
    return function carriedOut(this: unknown, ...values: never[]) {
      sent += 1;
      return method.apply(this, values);
    };
  }
  return {
    get sent() {
      return sent;
    },
    restore() {
      Object.assign(statements, { all, get, iterate, run });
      Object.assign(DatabaseSync.prototype, { exec });
    },
  };
}
