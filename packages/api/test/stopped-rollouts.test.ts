import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { holdsGrant, type Ports } from '@login-policy/api';
import { orThrow, type PolicyCount } from '@login-policy/domain';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { linesOf } from './lines-of.js';
import { INSTANCE, openService, ROOT, waitingAuthenticate, type Service } from './service.js';

const PATH = '/admin/v1/policies/login/_roll_out';
const body = {
  id: 'advisory-1',
  method: 'RemoveMultiFactorFromLoginPolicy',
  request: { type: 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION' },
};
const MANY = 1100;
/** The first of them. While it waits, no page behind the first is begun. */
const GATE = 'o-0000';

/** Custom policies that allow passkeys; before one of them, the caller's rights are found out only after a wait. */
async function openMany(atGate: () => Promise<unknown>, ports: Partial<Ports> = {}): Promise<Service> {
  const service = await openService({
    ports: {
      isAllowed: async (caller, permission, place) => {
        if (place.organizationId === GATE) await atGate();
        return holdsGrant(caller, permission, place);
      },
      ...ports,
    },
  });
  for (let number = 0; number < MANY; number++) {
    const owner = { instanceId: INSTANCE, organizationId: `o-${String(number).padStart(4, '0')}` };
    orThrow(await service.policies.add(owner, { multiFactors: ['U2F_WITH_VERIFICATION'] }, { actor: 'set-up' }));
  }
  return service;
}

async function stillAllowing({ policies }: Service): Promise<PolicyCount | undefined> {
  const kind = { allowing: 'U2F_WITH_VERIFICATION', limit: 1 } as const;
  return orThrow(await policies.organizationsWithCustomPolicy({ instanceId: INSTANCE }, kind)).total;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('a rollout whose caller loses', () => {
  for (const [what, code] of [
    ['token', 16],
    ['permission', 7],
  ] as const) {
    it(`their ${what} stops within a second, and the last line says why`, async () => {
      let isLost = false;
      const service = await openMany(async () => undefined, {
        authenticate: (request) => (isLost && what === 'token' ? undefined : waitingAuthenticate(request)),
        isAllowed: async (caller, permission, place) => {
          if (place.organizationId === GATE && permission === 'policy.write') {
            isLost = true;
            await wait(1100);
          }
          return !(isLost && permission === 'iam.policy.write') && holdsGrant(caller, permission, place);
        },
      });
      const { lines } = await linesOf(service, PATH, { body });
      expect(lines.map((line) => Object.keys(line)[0])).to.deep.equal(['progress', 'error']);
      expect(lines.at(-1)).to.have.nested.property('error.code', code);
      // The policies that were begun beside the one that waited.
      expect(await stillAllowing(service)).to.be.within(1, MANY - 1);
      await service.close();
    });
  }
});

describe('a rollout whose caller is refused where a policy is begun', () => {
  it('ends with a line that says why, too', async () => {
    let lost: Promise<void> | undefined;
    const service = await openMany(async () => undefined, {
      authenticate: (request) => (lost === undefined ? waitingAuthenticate(request) : undefined),
      isAllowed: async (_, permission) => {
        if (permission === 'policy.write') await (lost ??= wait(1100));
        return true;
      },
    });
    const { lines } = await linesOf(service, PATH, { body });
    expect(lines.map((line) => Object.keys(line)[0])).to.deep.equal(['progress', 'error']);
    expect(lines.at(-1)).to.have.nested.property('error.code', 16);
    await service.close();
  });
});

describe('an interrupted rollout over REST', () => {
  it('ends when its client disconnects, and is resumed by the same call', async () => {
    let [isAsked, isGone] = [false, false];
    const service = await openMany(async () => {
      isAsked = true;
      while (!isGone) await nextTurn();
    });
    const server = createServer((request, answer) => {
      answer.once('close', () => (isGone = true));
      service.api.handler(request, answer);
    });
    const port = await listening(server);
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${ROOT}` };
    const sent = { method: 'POST', headers, body: JSON.stringify(body), signal: leaving.signal };
    const response = await fetch(`http://127.0.0.1:${port}${PATH}`, sent);
    const first = await response.body?.getReader().read();
    expect(new TextDecoder().decode(first?.value)).to.match(/^\{"progress":\{"done":1,/);
    while (!isAsked) await nextTurn();
    leaving.abort();
    while (!isGone) await nextTurn();
    server.close();
    expect(await stillAllowing(service)).to.be.within(100, MANY);
    const again = await linesOf(service, PATH, { body });
    expect(again.lines.at(-1)).to.deep.nested.include({ 'end.done': MANY + 1, 'end.stillAllowing': 0 });
    await service.close();
  });

  it('reports its progress when its deadline passes', async () => {
    const service = await openMany(() => wait(60));
    const late = await linesOf(service, PATH, { body, headers: { 'grpc-timeout': '20m' } });
    expect(Object.keys(late.lines.at(-1) ?? {})).to.deep.equal(['stopped']);
    expect(await stillAllowing(service)).to.be.within(100, MANY);
    await service.close();
  });

  it('reports that the port closes', async () => {
    let [isAsked, isEnding] = [false, false];
    const service = await openMany(async () => {
      isAsked = true;
      while (!isEnding) await nextTurn();
    });
    const answering = linesOf(service, PATH, { body });
    while (!isAsked) await nextTurn();
    const closing = service.listening.close({ graceMs: 10_000 });
    isEnding = true;
    const { lines } = await answering;
    expect(Object.keys(lines.at(-1) ?? {})).to.deep.equal(['stopped']);
    expect(await stillAllowing(service)).to.be.within(100, MANY);
    await closing;
    await service.close();
  });

  it('reports a failure in its last line without the cause, which only the operator gets', async () => {
    const service = await openMany(() => Promise.reject(new Error('the directory of secrets is away')));
    const { lines, status } = await linesOf(service, PATH, { body });
    expect(status).to.equal(200);
    expect(lines.at(-1)).to.deep.nested.include({ 'error.code': 13, 'error.details[0].id': 'LP-500' });
    expect(JSON.stringify(lines)).not.to.include('secrets');
    expect(String(service.failures[0])).to.include('the directory of secrets is away');
    await service.close();
  });
});
