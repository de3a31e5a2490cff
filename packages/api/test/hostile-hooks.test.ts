import { once } from 'node:events';
import { createServer } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Ports } from '@login-policy/api';
import { ACME, countEvents, INSTANCE, openService, ROOT, type Service, type ServiceOptions } from './service.js';

const READ = '/admin/v1/policies/login';
const WRITE = `${READ}/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION`;
const OF_ACME = '/management/v1/policies/login';
const headers = { authorization: `Bearer ${ROOT}` };
const fails = (): never => {
  throw new Error('the hook is broken');
};
const rejects = (): Promise<never> => Promise.reject(new Error('the hook is broken'));

/** What a tired program answers in the place of a value of the right type. */
const WRONG: readonly unknown[] = [
  ...['no', 'false', '', 'true', 0, 1, Number.NaN, 1n, {}, { allowed: false }, [], [true], Symbol('yes'), () => true],
  ...[new Boolean(false), new Error('denied')],
];

async function statuses(service: Service): Promise<readonly number[]> {
  const acme = { ...headers, 'x-zitadel-orgid': ACME };
  return [
    (await fetch(`${service.url}${READ}`, { headers })).status,
    (await fetch(`${service.url}${WRITE}`, { headers, method: 'DELETE' })).status,
    (await fetch(`${service.url}${OF_ACME}`, { headers: acme })).status,
    (await fetch(`${service.url}${OF_ACME}`, { headers: acme, method: 'POST', body: '{}' })).status,
  ];
}

/**
 * Asks by ports that answer wrongly: nothing may be read or written, and the operator is told each time that it was a
 * defect.
 */
async function permitsNothing(ports: ServiceOptions['ports'], expected: readonly number[]): Promise<void> {
  const service = await openService({ ...(ports && { ports }) });
  const before = await countEvents(service.store);
  expect(await statuses(service)).to.deep.equal(expected);
  expect(await countEvents(service.store)).to.equal(before);
  expect(service.failures.length).to.equal(expected.filter((status) => status === 500).length);
  await service.close();
}

const DEFECT = [500, 500, 500, 500];

/** A port that gives this answer, at once and later. */
function bothWays<Name extends keyof Ports>(name: Name, answer: unknown): readonly ServiceOptions['ports'][] {
  return [() => answer, () => Promise.resolve(answer)].map((port) => Object({ [name]: port }));
}

describe('a hook with a wrong result', () => {
  it('allows only by true: isAllowed', async () => {
    for (const answer of WRONG) for (const ports of bothWays('isAllowed', answer)) await permitsNothing(ports, DEFECT);
    for (const answer of [false, undefined, null])
      for (const ports of bothWays('isAllowed', answer)) await permitsNothing(ports, [403, 403, 403, 403]);
    for (const port of [fails, rejects]) await permitsNothing({ isAllowed: port }, DEFECT);
  });

  it('allows only by true: organizations.exists', async () => {
    const status = [200, 200, 500, 500];
    for (const answer of WRONG) {
      const service = await openService({ ports: Object({ organizations: { exists: () => answer } }) });
      expect(await statuses(service), String(answer)).to.deep.equal(status);
      await service.close();
    }
    for (const answer of [false, undefined, null]) {
      const service = await openService({ ports: Object({ organizations: { exists: async () => answer } }) });
      expect(await statuses(service)).to.deep.equal([200, 200, 403, 403]);
      expect(service.failures).to.deep.equal([]);
      await service.close();
    }
  });

  it('authenticates nobody by something other than a caller: authenticate', async () => {
    const permissions = ['iam.policy.read', 'iam.policy.write', 'policy.read', 'policy.write', 'policy.delete'];
    const root = { id: 'root', instanceId: INSTANCE, grants: [{ permissions }] };
    const callers: readonly unknown[] = [
      ...WRONG,
      { ...root, id: undefined },
      { ...root, id: '' },
      { ...root, id: 5 },
      { ...root, id: 'x'.repeat(201) },
      { ...root, organizationId: undefined },
      { ...root, organizationId: '' },
      { ...root, grants: undefined },
      { ...root, grants: 'iam.policy.write' },
      { ...root, grants: permissions },
      { ...root, grants: [{ permissions: permissions.join(' ') }] },
      { ...root, grants: [{ permissions: new Set(permissions) }] },
      { ...root, grants: [{ permissions, organisationId: ACME }] },
      { ...root, grants: { permissions } },
    ];
    for (const caller of callers)
      for (const ports of bothWays('authenticate', caller)) await permitsNothing(ports, DEFECT);
    for (const answer of [undefined, null])
      for (const ports of bothWays('authenticate', answer)) await permitsNothing(ports, [401, 401, 401, 401]);
    for (const port of [fails, rejects]) await permitsNothing({ authenticate: port }, DEFECT);
  });

  it('finds no instance by something other than an id: instanceOf', async () => {
    for (const answer of WRONG.filter((one) => typeof one !== 'string' || one === ''))
      for (const ports of bothWays('instanceOf', answer)) await permitsNothing(ports, DEFECT);
    for (const answer of [undefined, null])
      for (const ports of bothWays('instanceOf', answer)) await permitsNothing(ports, [404, 404, 404, 404]);
  });

  it('allows an origin only by true: origins', async () => {
    const origin = 'https://elsewhere.example';
    for (const answer of [...WRONG, Promise.resolve(true), undefined, null]) {
      const service = await openService({ api: Object({ origins: () => answer }) });
      const { headers: told } = await fetch(`${service.url}${READ}`, { headers: { ...headers, origin } });
      expect(told.get('access-control-allow-origin')).to.equal(null);
      await service.close();
    }
    const service = await openService({ api: { origins: fails } });
    const answer = await fetch(`${service.url}${READ}`, { headers: { ...headers, origin } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).to.deep.equal([200, null]);
    expect(service.failures.map(String)).to.deep.equal(['Error: the hook is broken']);
    await service.close();
  });

  it('that never answers delays only its own request, and not the end of the port', async () => {
    let isHanging = true;
    const isAllowed = (): boolean | Promise<boolean> => (isHanging ? new Promise(() => undefined) : true);
    const service = await openService({ ports: { isAllowed } });
    const waiting = fetch(`${service.url}${READ}`, { headers }).then(
      () => 'answered',
      () => 'cut off',
    );
    await nextTurn();
    expect((await fetch(`${service.url}/debug/healthz`)).status).to.equal(200);
    await service.listening.close({ graceMs: 50 });
    isHanging = false;
    expect(await waiting).to.equal('cut off');
    await service.close();
  });
});

describe('a hook that hangs', () => {
  for (const [hook, name] of [
    ['instanceOf', 'instanceOf'],
    ['authenticate', 'authenticate'],
    ['isAllowed', 'isAllowed'],
    ['organizations', 'organizations.exists'],
  ] as const) {
    it(`is waited for 30 seconds, also without a deadline of the caller: ${name}`, async () => {
      let isAsked = (): void => undefined;
      const asked = new Promise<void>((resolve) => (isAsked = resolve));
      const hangs = (): Promise<never> => {
        isAsked();
        return new Promise(() => undefined);
      };
      const service = await openService({ ports: { [hook]: hook === 'organizations' ? { exists: hangs } : hangs } });
      const answering = fetch(`${service.url}${OF_ACME}`, { headers: { ...headers, 'x-zitadel-orgid': ACME } });
      const status = answering.then((answer) => answer.status);
      await asked;
      const soon = new Promise((resolve) => setTimeout(resolve, 30, 'no end yet'));
      expect(await inTheFuture(10_000, Promise.race([status, soon]))).to.equal('no end yet');
      expect(await inTheFuture(31_000, status)).to.equal(504);
      expect(service.failures.map(String).join()).to.contain(`${name} did not finish before its deadline`);
      await service.close();
    });
  }
});

/** The outcome when so much time has passed. */
async function inTheFuture(aheadMs: number, outcome: Promise<unknown>): Promise<unknown> {
  const real = performance.now.bind(performance);
  performance.now = () => real() + aheadMs;
  try {
    return await outcome;
  } finally {
    performance.now = real;
  }
}

describe('an observing hook', () => {
  it('does not end the process if it throws or rejects, over Node and over fetch', async () => {
    for (const hook of [fails, rejects]) {
      for (const api of [{ onAnswered: hook }, { around: hook }, { onFailure: hook, origins: fails }]) {
        const service = await openService({ api: Object(api) });
        const server = createServer(service.api.handler);
        await once(server.listen(0, '127.0.0.1'), 'listening');
        const address = server.address();
        const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
        const init = { headers: { ...headers, origin: 'https://elsewhere.example' } };
        for (const base of [url, service.url])
          await fetch(`${base}${READ}`, init).then(
            (answer) => answer.text(),
            () => 'broken off',
          );
        await service.api.fetch(new Request(`http://iam.example${READ}`, init)).catch(() => 'broken off');
        for (let turn = 0; turn < 5; turn++) await nextTurn();
        server.closeAllConnections();
        await once(server.close(), 'close');
        await service.close();
      }
    }
  });

  it('answers once, however often it calls for the answer, and breaks off if it never does', async () => {
    const twice = async (_: unknown, __: string, answer: () => Promise<void>): Promise<void> => {
      await Promise.all([answer(), answer()]);
    };
    const service = await openService({ api: { around: twice } });
    const before = await countEvents(service.store);
    expect((await fetch(`${service.url}${WRITE}`, { headers, method: 'DELETE' })).status).to.equal(200);
    expect((await countEvents(service.store)) - before).to.equal(1);
    await service.close();
    const never = await openService({ api: { around: () => Promise.resolve() } });
    const answer = await fetch(`${never.url}${READ}`, { headers }).catch(() => 'broken off');
    expect(answer).to.equal('broken off');
    await never.close();
  });
});
