import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { staticTokens, type Caller } from '@login-policy/api';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { countEvents, INSTANCE, openService, type Service } from './service.js';

const POLICY = '/admin/v1/policies/login';
const ALICE = 'the-token-of-alice';
const BOB = 'the-token-of-bob-who-listens';
const headers = { 'idempotency-key': 'remove the passkey' };

function administrator(id: string): Caller {
  return { id, instanceId: INSTANCE, grants: [{ permissions: ['iam.policy.read', 'iam.policy.write'] }] };
}

describe('an idempotency key', () => {
  let service: Service;
  before(async () => {
    const callers = { [ALICE]: administrator('alice'), [BOB]: administrator('bob') };
    service = await openService({ ports: { authenticate: staticTokens(callers) } });
  });
  after(() => service.close());
  const ask = (place: string, asked: Asked): Promise<Reply> => askOf(service, place, asked);
  const removal = `DELETE ${POLICY}/multi_factors/1`;

  it('belongs to its caller: another caller gets no replay of it', async () => {
    const byAlice = await ask(removal, { token: ALICE, headers });
    expect(byAlice.status).to.equal(200);
    const byBob = await ask(removal, { token: BOB, headers });
    expect([byBob.status, byBob.at('details.0.id')]).to.deep.equal([400, 'LP-FACTOR-01']);
    const had = await countEvents(service.store);
    expect((await ask(removal, { token: ALICE, headers })).at()).to.deep.equal(byAlice.at());
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('may be used by another caller for another command, but not by the same caller', async () => {
    const other = `DELETE ${POLICY}/second_factors/1`;
    const refused = await ask(other, { token: ALICE, headers });
    expect([refused.status, refused.at('details.0.id')]).to.deep.equal([409, 'LP-COND-02']);
    expect(refused.at('details.0.message')).to.match(/^The Idempotency-Key of this request came before with another/);
    expect((await ask(other, { token: BOB, headers })).status).to.equal(200);
  });

  it('is not disclosed', async () => {
    const { at } = await ask(`GET ${POLICY}/history`, { token: BOB });
    expect(at('entries')).to.have.length.above(4);
    expect(JSON.stringify(at())).not.to.match(/idempotency|remove the passkey/i);
  });

  it('has 1 to 200 characters', async () => {
    for (const key of ['', 'k'.repeat(201)]) {
      const refused = await ask(removal, { token: ALICE, headers: { 'idempotency-key': key } });
      expect([refused.status, refused.at('details.0.id')]).to.deep.equal([400, 'LP-ARG-04']);
    }
  });
});
