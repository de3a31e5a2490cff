import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import type { AccessEntry, Hooks } from '@login-policy/api';
import { CLIENTS } from './clients/all.js';
import { ask, framed, grpc, session } from './raw.js';
import { INSTANCE, NOBODY, openService, ROOT } from './service.js';

const METHOD = 'zitadel.admin.v1.AdminService/GetLoginPolicy';
const READ = { service: 'admin', method: 'GetLoginPolicy', token: ROOT } as const;

describe('the access log', () => {
  it('contains method, caller, instance and code for every protocol', async () => {
    const entries: AccessEntry[] = [];
    const service = await openService({ api: { onAnswered: (entry) => entries.push(entry) } });
    const wanted = [];
    for (const makeClient of CLIENTS) {
      const client = makeClient(service.url);
      for (const token of [ROOT, NOBODY, 'of-a-stranger-whom-nobody-knows']) await client.call({ ...READ, token });
      client.close?.();
      const said = { method: METHOD, instanceId: INSTANCE };
      wanted.push({ ...said, callerId: 'root', code: 0 }, { ...said, callerId: 'nobody', code: 7 });
      wanted.push({ ...said, callerId: undefined, code: 16 });
    }
    const shown = entries.map(({ callerId, code, instanceId, method }) => ({ callerId, code, instanceId, method }));
    expect(shown).to.have.deep.members(wanted);
    await service.close();
  });

  it('contains the id of a failure, which operator and caller also get', async () => {
    const [entries, failures]: [AccessEntry[], string[]] = [[], []];
    const hooks: Hooks = {
      onAnswered: (entry) => entries.push(entry),
      onFailure: (_, requestId) => failures.push(requestId),
    };
    const isAllowed = (): never => {
      throw new Error('the directory is away');
    };
    const service = await openService({ api: hooks, ports: { isAllowed } });
    const headers = { authorization: `Bearer ${ROOT}` };
    const answer = await fetch(`${service.url}/admin/v1/policies/login`, { headers });
    await answer.text();
    const id = answer.headers.get('x-request-id');
    expect(failures).to.deep.equal([id]);
    expect(entries).to.have.length(1);
    expect(entries[0]).to.include({ requestId: id, code: 13, refusal: 'LP-500', callerId: 'root' });
    await service.close();
  });

  it('is written within the context of the request', async () => {
    const context = new AsyncLocalStorage<string>();
    const told: unknown[] = [];
    const service = await openService({
      api: {
        around: (request, requestId, answer) => context.run(`${request.path} ${requestId}`, answer),
        onAnswered: () => told.push(context.getStore()),
      },
    });
    const headers = { 'x-request-id': '7' };
    await (await fetch(`${service.url}/debug/healthz`, { headers })).text();
    expect(told).to.deep.equal(['/debug/healthz 7']);
    await service.close();
  });
});

describe('readiness', () => {
  it('is answered negatively if the store does not answer', async () => {
    const service = await openService();
    service.policies.readModel.lag = () => new Promise(() => undefined);
    const answer = await fetch(`${service.url}/debug/ready`);
    expect(answer.status).to.equal(503);
    expect(await answer.json()).to.deep.equal({ isReady: false });
    await service.close();
  });

  it('is negative as soon as the port begins to close, while requests are still answered', async () => {
    const service = await openService();
    const on = session(service.url);
    const healthy = async (): Promise<string> => {
      const { body } = await ask(on, grpc('/grpc.health.v1.Health/Check'), framed(new Uint8Array(0)));
      return body.toString('hex');
    };
    expect(await healthy()).to.equal('00000000020801');
    const closed = service.listening.close({ drainMs: 1000 });
    const answer = await fetch(`${service.url}/debug/ready`);
    expect(answer.status).to.equal(503);
    expect(await healthy()).to.equal('00000000020802');
    on.destroy();
    await closed;
    await service.close();
  });

  it('stays positive while another port of the same API is open', async () => {
    const service = await openService();
    const second = await service.api.listen({ port: 0 });
    await second.close();
    expect((await fetch(`${service.url}/debug/ready`)).status).to.equal(200);
    await service.close();
  });
});
