import { evaluateSignIn, orThrow, type OwnerRef, type SignIn } from '@login-policy/domain';
import { signInRecorder } from '@login-policy/domain/backtest';
import { isOrganization } from '@login-policy/domain/model';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, GLOBEX, INSTANCE, NOBODY, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const ADMIN = 'POST /admin/v1/policies/login/_backtest';
const OWN = 'POST /management/v1/policies/login/_backtest';
const forced = { type: 'change', settings: { forceMfa: true } };

describe('a backtest over REST', () => {
  let service: Service;
  let hold: Promise<void> | undefined;
  const lines: string[] = [];
  const sinces: (string | undefined)[] = [];
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);

  async function signIn(owner: OwnerRef, at: string): Promise<void> {
    const asked: SignIn = {
      user: { hasPassword: true, factors: [], identityProviders: [] },
      session: { password: at },
      request: { startedAt: at },
      at,
    };
    const { policies } = service;
    const answer = await (isOrganization(owner) ? policies.effectivePolicy(owner) : policies.policy(owner));
    signInRecorder({ write: (line) => void lines.push(line) }).record({
      owner,
      user: 'a pseudonym',
      isAdministrator: false,
      signIn: asked,
      answer: evaluateSignIn(answer, asked),
      eventId: orThrow(answer).policy.eventId,
    });
  }

  before(async () => {
    const signIns = async function* (): AsyncGenerator<string> {
      await hold;
      yield* lines;
    };
    service = await openService({
      api: {
        signIns: (_, { since }) => {
          sinces.push(since?.toISOString());
          return [{ name: 'sign-ins', text: signIns() }];
        },
      },
    });
    const instance = { instanceId: INSTANCE };
    await signIn(instance, '2026-12-01T08:00:00Z');
    await signIn({ ...instance, organizationId: ACME }, '2026-12-01T09:00:00Z');
    await service.policies.customize({ ...instance, organizationId: GLOBEX }, { actor: 'alice' });
    await signIn({ ...instance, organizationId: GLOBEX }, '2026-12-02T09:00:00Z');
    await signIn({ instanceId: 'another' }, '2026-12-02T09:00:00Z').catch(() => undefined);
  });
  after(() => service.close());

  it('says what a change of the default would have meant', async () => {
    const { at, status } = await ask(ADMIN, { token: READER, body: { command: forced } });
    expect(status).to.equal(200);
    expect(at('signIns')).to.equal(3);
    expect(at('effects.hasToSetUp')).to.deep.equal({ signIns: 2, administrators: 0 });
    expect(at('examples.hasToSetUp.1.owner.organizationId')).to.equal(ACME);
  });

  it('takes a change everywhere, and a span of time', async () => {
    const everywhere = await ask(ADMIN, { body: { command: forced, everywhere: true } });
    expect(everywhere.at('effects.hasToSetUp.signIns')).to.equal(3);
    const since = await ask(ADMIN, {
      body: { command: forced, since: '2026-12-01T08:30:00Z', until: '2026-12-02T00:00:00Z' },
    });
    expect([since.at('signIns'), since.at('leftOut')]).to.deep.equal([1, 2]);
    expect(sinces, 'for whom reads less').to.deep.equal([undefined, undefined, '2026-12-01T08:30:00.000Z']);
  });

  it('takes how long ago the span began, whatever the clock of the caller says', async () => {
    const all = await ask(ADMIN, { body: { command: forced, since: { ago: 'P100Y' } } });
    expect([all.status, all.at('signIns'), all.at('leftOut')]).to.deep.equal([200, 3, 0]);
    const none = await ask(ADMIN, {
      body: { command: forced, since: '2026-01-01T00:00:00Z', until: { ago: 'P100Y' } },
    });
    expect([none.status, none.at('signIns'), none.at('leftOut')]).to.deep.equal([200, 0, 3]);
    const wrong = await ask(ADMIN, { body: { command: forced, since: { ago: 'a day' } } });
    expect([wrong.status, wrong.at('message')].join(' ')).to.include('400 since.ago must be a duration in ISO 8601');
  });

  it('tells the owner of an organization about their own users only', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    const customize = await ask(OWN, { token: OWNER_OF_ACME, headers, body: { command: { type: 'customize' } } });
    expect([customize.at('signIns'), customize.at('effects.unchanged.signIns')]).to.deep.equal([1, 1]);
    const { at, status } = await ask(OWN, { token: OWNER_OF_ACME, headers, body: { command: forced } });
    expect([status, at('details.0.id')]).to.deep.equal([404, 'LP-POLICY-01']);
  });

  it('refuses malformed requests, and callers without permission', async () => {
    for (const body of [
      {},
      { command: forced, everywhere: 'yes' },
      { command: forced, since: 'yesterday' },
      { command: { type: 'fly' } },
      { command: { type: 'remove' }, everywhere: true },
      { commands: forced },
    ])
      expect((await ask(ADMIN, { body })).status, JSON.stringify(body)).to.equal(400);
    const headers = { 'x-zitadel-orgid': ACME };
    expect((await ask(OWN, { headers, body: { command: forced, everywhere: true } })).status).to.equal(400);
    expect((await ask(ADMIN, { token: NOBODY, body: { command: forced } })).status).to.equal(403);
  });

  it('reads for one caller at a time', async () => {
    let go: () => void = () => undefined;
    hold = new Promise((resolve) => (go = resolve));
    const first = ask(ADMIN, { body: { command: forced } });
    let second = await ask(ADMIN, { body: { command: forced } });
    go();
    expect([second.status, second.at('details.0.id')]).to.deep.equal([429, 'LP-BACKTEST-01']);
    expect((await first).status).to.equal(200);
    second = await ask(ADMIN, { body: { command: forced } });
    expect(second.status).to.equal(200);
  });

  it('reads for the next one where what is read hangs, and its caller has gone', async () => {
    hold = new Promise<never>(() => undefined);
    const first = await ask(ADMIN, { body: { command: forced }, headers: { 'grpc-timeout': '100m' } });
    expect(first.status).to.equal(504);
    hold = undefined;
    expect((await ask(ADMIN, { body: { command: forced } })).status).to.equal(200);
  });

  it('is not served where nothing is recorded', async () => {
    const other = await openService();
    expect((await askOf(other, ADMIN, { body: { command: forced } })).status).to.equal(404);
    await other.close();
  });
});
