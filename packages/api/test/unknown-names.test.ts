import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { askOf, type Reply } from './rest-client.js';
import { ACME, countEvents, openService, ROOT, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const ORGANIZATION = '/management/v1/policies/login';
const FIELD = 'is not a field of this request.';

/** What is asked with a name that nobody knows, and what is said of it. */
const misspelt: readonly (readonly [place: string, body: object, sentence: string])[] = [
  [`PUT ${ADMIN}`, { forceMFA: true }, `forceMFA ${FIELD} Did you mean forceMfa?`],
  [`PUT ${ADMIN}`, { force_MFA: true }, `force_MFA ${FIELD} Did you mean forceMfa?`],
  [`PUT ${ADMIN}`, { allowRegistration: true }, `allowRegistration ${FIELD} Did you mean allowRegister?`],
  [`PUT ${ADMIN}`, { 'of no use': true }, `of no use ${FIELD}`],
  [`POST ${ADMIN}/multi_factors`, { type: 1, typ: 1 }, `typ ${FIELD} Did you mean type?`],
  [`POST ${ADMIN}/idps/_search`, { query: { limits: 1 } }, `query.limits ${FIELD} Did you mean limit?`],
  [`POST ${ORGANIZATION}`, { idps: [{ idpID: 'x' }] }, `idps.idpID ${FIELD} Did you mean idpId?`],
  [
    `POST ${ADMIN}/_preview`,
    { method: 'UpdateLoginPolicy', request: { forceMFA: true } },
    `forceMFA ${FIELD} Did you mean forceMfa?`,
  ],
  [`POST ${ADMIN}/_preview`, { methods: 'UpdateLoginPolicy' }, `methods ${FIELD} Did you mean method?`],
  [`POST ${ADMIN}/_preview`, { method: 'Revert', request: { to: '1', from: '2' } }, `from ${FIELD}`],
  [`POST ${ADMIN}/_revert`, { to: '1', reason: 'x' }, `reason ${FIELD}`],
  [`POST ${ORGANIZATION}/_evaluate_sign_in`, { users: {} }, `users ${FIELD} Did you mean user?`],
  [`POST ${ORGANIZATION}/_customize`, { forceMfa: true }, `forceMfa ${FIELD}`],
  [`POST ${ORGANIZATION}/_preview`, { method: 'Customize', request: { forceMfa: true } }, `forceMfa ${FIELD}`],
];

describe('an unknown field name in a body', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(() => service.close());
  const ask = (place: string, body: object): Promise<Reply> =>
    askOf(service, place, { body, headers: { 'x-zitadel-orgid': ACME } });

  it('is refused with the nearest name, and nothing is written', async () => {
    const had = await countEvents(service.store);
    for (const [place, body, sentence] of misspelt) {
      const { at, status } = await ask(place, body);
      expect([place, status, at('details.0.id'), at('details.0.message')]).to.deep.equal([
        place,
        400,
        'LP-ARG-01',
        sentence,
      ]);
    }
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('is refused in JSON over Connect, too', async () => {
    const headers = { authorization: `Bearer ${ROOT}`, 'content-type': 'application/json' };
    const path = '/zitadel.admin.v1.AdminService/UpdateLoginPolicy';
    const answer = await fetch(`${service.url}${path}`, { method: 'POST', headers, body: '{"forceMFA":true}' });
    expect([answer.status, await answer.text()].join(' ')).to.match(/^400 .*Did you mean forceMfa/);
  });

  it('is accepted if the messages of ZITADEL have it, in either form', async () => {
    for (const body of [{ forceMfa: true }, { force_mfa: true }]) {
      expect((await ask(`PUT ${ADMIN}`, body)).status).to.equal(200);
    }
    expect((await ask(`POST ${ADMIN}/idps/_search`, { query: { asc: true } })).status).to.equal(200);
  });

  it('is ignored if the option allows it', async () => {
    const lenient = await openService({ api: { unknownNames: 'ignore' } });
    for (const [place, body] of misspelt.slice(0, 5)) {
      const { status } = await askOf(lenient, place, { body });
      expect([place, status >= 500 || status === 400]).to.deep.equal([place, false]);
    }
    await lenient.close();
  });
});
