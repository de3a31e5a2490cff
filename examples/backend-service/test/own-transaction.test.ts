import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type CommandAnswer,
  type LoginPolicies,
} from '@login-policy/domain';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Pool } from 'pg';
import { withPostgres } from './with-postgres.js';

const instance = { instanceId: '1' };
const by = { actor: 'billing' };

/** A service with a table of its own beside the policies. */
class Service {
  readonly #pool: Pool;
  readonly #store: PostgresStore;
  readonly policies: LoginPolicies;

  private constructor(pool: Pool, store: PostgresStore, policies: LoginPolicies) {
    this.#pool = pool;
    this.#store = store;
    this.policies = policies;
  }

  static async open(url: string): Promise<Service> {
    const pool = new Pool({ connectionString: url });
    await pool.query('CREATE TABLE plans (name text)');
    const store = await openPostgresStore({ pool });
    const policies = await openLoginPolicies({ store });
    orThrow(await policies.add(instance, freshInstance, by));
    return new Service(pool, store, policies);
  }

  /** Books a plan and changes the policy: both, or neither when the policy refuses. */
  async book(plan: string, change: (policies: LoginPolicies) => Promise<CommandAnswer>): Promise<CommandAnswer> {
    const client = await this.#pool.connect();
    await client.query('BEGIN');
    await client.query('INSERT INTO plans VALUES ($1)', [plan]);
    const answer = await change(await openLoginPolicies({ store: this.#store.within(client) }));
    await client.query(answer.outcome === 'rejected' ? 'ROLLBACK' : 'COMMIT');
    client.release();
    return answer;
  }

  async plans(): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ name: string }>('SELECT name FROM plans ORDER BY name');
    return rows.map(({ name }) => name);
  }

  async close(): Promise<void> {
    await this.policies.close();
    await this.#store.close();
    await this.#pool.end();
  }
}

describe('a service with a table of its own on PostgreSQL', () => {
  it('changes both it and the policy, or neither', () =>
    withPostgres(async (url) => {
      const service = await Service.open(url);
      const remove = (policies: LoginPolicies): Promise<CommandAnswer> =>
        policies.removeMultiFactor(instance, 'U2F_WITH_VERIFICATION', by);
      const removed = orThrow(await service.book('business', remove));
      expect((await service.book('business again', remove)).outcome).to.equal('rejected');
      expect(await service.plans()).to.deep.equal(['business']);
      const { policy } = orThrow(await service.policies.policy(instance));
      expect([policy.multiFactors, policy.details]).to.deep.equal([[], removed.details]);
      orThrow(await service.policies.addMultiFactor(instance, 'U2F_WITH_VERIFICATION', by));
      const twice = await service.book('two steps', async (policies) => {
        orThrow(await policies.removeSecondFactor(instance, 'TOTP', by));
        const seen = orThrow(await policies.policy(instance));
        expect(seen.policy.secondFactors, 'what the transaction wrote, it reads').to.deep.equal(['U2F']);
        return remove(policies);
      });
      expect(orThrow(twice).details.sequence).to.equal(8n);
      await service.close();
    }));
});
