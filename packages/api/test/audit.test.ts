import { setTimeout as wait } from 'node:timers/promises';
import type { Authenticate } from '@login-policy/api';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf, type Reply } from './rest-client.js';
import {
  ACME,
  INSTANCE,
  NOBODY,
  openService,
  OWNER_OF_ACME,
  READER,
  waitingAuthenticate,
  type Service,
} from './service.js';

const AUDIT = '/admin/v1/policies/login/audit';
const acme = { instanceId: INSTANCE, organizationId: ACME };

describe('the audit log over REST', () => {
  let service: Service;
  const list = (query = '', token = READER): Promise<Reply> => askOf(service, `GET ${AUDIT}${query}`, { token });
  before(async () => {
    service = await openService({ isAudited: true });
    orThrow(await service.policies.add(acme, { multiFactors: ['U2F_WITH_VERIFICATION'] }, { actor: '=alice()' }));
    const why = { actor: 'bob', reason: 'cloned authenticators' };
    orThrow(await service.policies.removeMultiFactor(acme, 'U2F_WITH_VERIFICATION', why));
  });
  after(() => service.close());

  it('is read by page, newest first, with actor, time and reason', async () => {
    const first = await list('?limit=1');
    expect(first.status).to.equal(200);
    expect(first.at('entries.0')).to.deep.include({
      ...{ actor: 'bob', reason: 'cloned authenticators', instanceId: INSTANCE, organizationId: ACME, sequence: '3' },
      ...{ type: 'MultiFactorRemoved', data: { factor: 'U2F_WITH_VERIFICATION' } },
    });
    const second = await list(`?limit=1&after=${String(first.at('next'))}`);
    expect(second.at('entries.0.type')).to.equal('MultiFactorAdded');
    const back = await list(`?direction=forwards&after=${String(second.at('previous'))}`);
    expect(back.at('entries.0')).to.deep.equal(first.at('entries.0'));
    expect(back.at('next')).to.equal(undefined);
  });

  it('is filtered by its query', async () => {
    for (const [query, count] of [
      ['?actor=bob', 1],
      ['?type=LoginPolicyAdded', 2],
      ['?factor=MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION', 3],
      [`?organizationId=${ACME}`, 3],
      ['?isDefault=true&factor=U2F', 1],
      ['?reason=Cloned', 1],
      ['?from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', 0],
    ] as const) {
      const { at } = await list(query);
      expect([query, at('entries.length')]).to.deep.equal([query, count]);
    }
  });

  it('breaks off in either format when the token of its reader is revoked', async () => {
    for (const format of ['csv', 'json-lines']) {
      let isRevoked = false;
      const authenticate: Authenticate = (request) => (isRevoked ? undefined : waitingAuthenticate(request));
      const revoking = await openService({ isAudited: true, ports: { authenticate } });
      const init = { headers: { authorization: `Bearer ${READER}` } };
      const request = new Request(`${revoking.url}${AUDIT}/export?format=${format}`, init);
      const answer = await revoking.api.fetch(request);
      isRevoked = true;
      await wait(1100);
      expect(await answer.text().catch(() => 'broken off'), format).to.equal('broken off');
      await revoking.close();
    }
  });

  it('is exported as CSV without formulas and as JSON Lines, complete up to the position in the header', async () => {
    const fetched = async (query: string): Promise<Response> =>
      fetch(`${service.url}${AUDIT}/export?${query}`, { headers: { authorization: `Bearer ${READER}` } });
    const csv = await fetched('format=csv');
    expect([csv.status, csv.headers.get('content-type')]).to.deep.equal([200, 'text/csv; charset=utf-8']);
    const text = await csv.text();
    expect(text.trimEnd().split('\r\n')).to.have.length(8);
    expect(text).to.include(`"'=alice()"`);
    const lines = await fetched('format=json-lines&actor=bob');
    const [entry = '', end = ''] = (await lines.text()).split('\n');
    expect(JSON.parse(entry)).to.include({ actor: 'bob' });
    const position = lines.headers.get('login-policy-position');
    expect(JSON.parse(end)).to.deep.equal({ end: { position, entries: 1 } });
  });

  it('requires the permission to read every policy of the instance, and a valid query', async () => {
    for (const route of ['', '/export?format=csv']) {
      expect((await list(route, '')).status).to.equal(401);
      for (const token of [NOBODY, OWNER_OF_ACME]) expect((await list(route, token)).status).to.equal(403);
    }
    for (const [query, word] of [
      ['?acter=bob', 'Did you mean actor?'],
      ['?actor=bob&actor=alice', 'once'],
      ['?actor=', 'actor'],
      ['?factor=FACE', 'factor'],
      ['?isDefault=yes', 'isDefault'],
      ['?from=noon', 'from'],
      ['?reason=%21', 'reason'],
      ['?after=x', 'after'],
      ['?limit=0', 'limit'],
      ['?limit=1001', 'limit'],
      ['?direction=up', 'direction'],
      ['?asOf=1', 'asOf'],
      ['/export', 'format'],
      ['/export?format=xml', 'format'],
      ['/export?format=csv&limit=1', 'limit'],
    ] as const) {
      const { at, status } = await list(query);
      expect([query, status, at('code')]).to.deep.equal([query, 400, 3]);
      expect(at('message')).to.include(word);
    }
  });

  it('has no route if none was configured', async () => {
    const without = await openService();
    expect((await askOf(without, `GET ${AUDIT}`, {})).status).to.equal(404);
    await without.close();
  });
});
