import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { askOf, type Reply } from './rest-client.js';
import { ACME, countEvents, NOBODY, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const PASSKEY = 'U2F_WITH_VERIFICATION';
const ADMIN = '/admin/v1/policies/login';
const ROUTE = '/management/v1/policies/login/_evaluate_sign_in';
const user = { hasPassword: true, factors: [PASSKEY], identityProviders: [] };

/** When the service's clock begins; it moves on by a second each time it is read. */
const START = '2026-01-01T00:00:00.000Z';

function byPasskey() {
  const at = START;
  return { user, session: { passkey: { at, isUserVerified: true } } };
}

describe('judging a sign-in over REST', () => {
  let service: Service;
  const judge = (body: object, token = OWNER_OF_ACME): Promise<Reply> =>
    askOf(service, `POST ${ROUTE}`, { body, token });
  before(async () => {
    service = await openService();
  });
  after(() => service.close());

  it('reports whether a described session suffices, by which policy, and until when', async () => {
    const had = await countEvents(service.store);
    const { at, status } = await judge(byPasskey());
    expect(status).to.equal(200);
    expect(at()).to.deep.include({
      outcome: 'proceed',
      sentence: 'You are signed in.',
      level: 'passkey',
      amr: ['user', 'mfa'],
      offerSetUp: [],
      isDefault: true,
    });
    expect(at('validUntil')).to.equal('2026-01-01T12:00:00.000Z');
    expect(at('position')).to.be.a('string');
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('answers an insufficient session with the required options, and with 200', async () => {
    const { at, status } = await judge({ user, session: {} });
    expect(status).to.equal(200);
    expect(at('options')).to.deep.equal([{ method: 'passkey' }, { method: 'password' }]);
    expect([at('outcome'), at('sentence')]).to.deep.equal(['authenticate', 'Sign in with a passkey or your password.']);
    const stronger = await judge({ ...byPasskey(), request: { maxAge: 'PT0S', level: 'passkey' } });
    expect(stronger.at('outcome')).to.equal('authenticate');
  });

  it('judges a session again after a removal, and as of a moment', async () => {
    const signIn = byPasskey();
    const then = await judge(signIn);
    expect(then.at()).to.include({ outcome: 'proceed' });
    await askOf(service, `DELETE ${ADMIN}/multi_factors/MULTI_FACTOR_TYPE_${PASSKEY}`, {});
    const now = await judge(signIn);
    expect(now.at()).to.deep.include({ outcome: 'authenticate', sentence: 'Sign in with your password.' });
    const position = then.at('position');
    const audited = await judge({ ...signIn, at: then.at('at'), position });
    expect(audited.at()).to.deep.include({ outcome: 'proceed', position });
    const atThat = await judge({ ...signIn, at: then.at('at') });
    expect(atThat.at(), JSON.stringify(atThat.at())).to.include({ outcome: 'proceed' });
  });

  it('takes how old a check is, whatever the clock of the caller says, and refuses a malformed age by name (T55)', async () => {
    const at = START;
    const shown = (ago: unknown): object => ({
      user,
      session: { password: { ago } },
      request: { startedAt: { ago } },
      at,
    });
    expect((await judge(shown('PT0S'))).at()).to.include({ outcome: 'proceed', level: 'one-factor' });
    expect((await judge(shown('PT239H59M59S'))).at('outcome')).to.equal('proceed');
    expect((await judge(shown('PT240H'))).at('outcome')).to.equal('authenticate');
    for (const ago of ['-PT1S', 'soon', 5]) {
      const { status, at: of } = await judge(shown(ago));
      expect([status, of('message')].join(' ')).to.include('400 session.password.ago must be a duration in ISO 8601');
    }
  });

  it('requires the permission to read the policy of the organization', async () => {
    expect((await judge(byPasskey(), NOBODY)).status).to.equal(403);
    expect((await judge(byPasskey(), '')).status).to.equal(401);
    const headers = { 'x-zitadel-orgid': ACME };
    const read = await askOf(service, `POST ${ROUTE}`, { body: byPasskey(), token: READER, headers });
    expect(read.status).to.equal(200);
  });

  it('judges the users of the instance itself by the default policy', async () => {
    const { at, status } = await askOf(service, `POST ${ADMIN}/_evaluate_sign_in`, { body: { user, session: {} } });
    expect([status, at('outcome'), at('isDefault')]).to.deep.equal([200, 'authenticate', true]);
    const foreign = await askOf(service, `POST ${ADMIN}/_evaluate_sign_in`, {
      body: byPasskey(),
      token: OWNER_OF_ACME,
    });
    expect(foreign.status).to.equal(403);
  });

  it('takes the same input for the users of the instance itself, also beside a position', async () => {
    const ask = (body: object) => askOf(service, `POST ${ADMIN}/_evaluate_sign_in`, { body });
    const signIn = { user, session: {} };
    const position = (await ask(signIn)).at('position');
    const then = await ask({ ...signIn, at: START, position });
    expect([then.status, then.at('at')]).to.deep.equal([200, START]);
    for (const at of [5, undefined, 'noon', null]) {
      const { status, at: member } = await ask({ ...signIn, position, at });
      expect([status, String(member('message')).includes('at must be')], String(at)).to.deep.equal([400, true]);
    }
  });

  it('judges by the policy as it would be after a change, of its own or of the default', async () => {
    const byPassword = { user: { ...user, factors: [] }, session: { password: { ago: 'PT0S' } } };
    const command = { type: 'change', settings: { forceMfa: true } };
    const had = await countEvents(service.store);
    const headers = { 'x-zitadel-orgid': ACME };
    const under = (proposed: unknown, token?: string): Promise<Reply> =>
      askOf(service, `POST ${ROUTE}`, { body: { ...byPassword, proposed }, headers, ...(token && { token }) });
    const default_ = await under({ command, ofDefault: true });
    expect([default_.status, default_.at('outcome'), default_.at('eventId')]).to.deep.equal([200, 'set-up', undefined]);
    expect((await under({ command: { type: 'customize' } })).at('outcome')).to.equal('proceed');
    expect((await under({ command })).at('details.0.id'), 'it has no policy of its own').to.equal('LP-POLICY-01');
    expect((await under({ command, ofDefault: true }, OWNER_OF_ACME)).status).to.equal(403);
    for (const proposed of [{}, 'all', { command: {} }, { command, ofDefault: 'yes' }, { command, default: true }])
      expect((await under(proposed)).status, JSON.stringify(proposed)).to.equal(400);
    const past = { ...byPassword, at: START, proposed: { command, ofDefault: true } };
    expect((await askOf(service, `POST ${ROUTE}`, { body: past, headers })).at('message')).to.include('leave out at');
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('refuses malformed input, and names the field', async () => {
    const signIn = byPasskey();
    for (const [body, word] of [
      [{}, 'user'],
      [{ user }, 'session'],
      [{ ...signIn, at: 'noon' }, 'at'],
      [{ ...signIn, at: '2999-01-01T00:00:00Z' }, 'at'],
      [{ ...signIn, at: '2026-01-01T00:00:00Z', position: 'x' }, 'position'],
      [{ ...signIn, user: { ...user, factors: ['FACE'] } }, 'user.factors[0]'],
      [{ ...signIn, user: { ...user, hasPasword: true } }, 'Did you mean hasPassword?'],
      [{ ...signIn, session: { passkey: { at: 1, isUserVerified: true } } }, 'session.passkey.at'],
      [{ ...signIn, session: null }, 'session'],
      [{ ...signIn, request: { level: 'gold' } }, 'request.level'],
    ] as const) {
      const { at, status } = await judge(body);
      expect([status, at('code')], JSON.stringify(body)).to.deep.equal([400, 3]);
      expect(at('message')).to.include(word);
    }
  });

  it('refuses an unknown member, even if unknown names are otherwise ignored', async () => {
    const lenient = await openService({ api: { unknownNames: 'ignore' } });
    const session = { passkeys: byPasskey().session.passkey };
    const { at, status } = await askOf(lenient, `POST ${ROUTE}`, { body: { user, session }, token: OWNER_OF_ACME });
    expect([status, at('message')]).to.deep.equal([
      400,
      'session.passkeys is not a member of session. Did you mean passkey? (LP-ARG-03)',
    ]);
    await lenient.close();
  });
});
