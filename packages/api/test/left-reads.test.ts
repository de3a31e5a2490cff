import {
  freshInstance,
  openLoginPolicies,
  orThrow,
  type LoginPolicies,
  type OrganizationList,
} from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { once } from 'node:events';
import { connect } from 'node:net';
import { INSTANCE, openService, ROOT, type Service } from './service.js';

const BODY =
  '{"method":"RemoveMultiFactorFromLoginPolicy","request":{"type":"MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION"}}';

/** A list of organizations that never comes, and the signal it was asked with. */
function hangingList(): { readonly list: OrganizationList; readonly asked: Promise<AbortSignal> } {
  let tell: (signal: AbortSignal) => void = () => undefined;
  const asked = new Promise<AbortSignal>((resolve) => (tell = resolve));
  const list: OrganizationList = {
    async *list(_, { signal }) {
      if (signal !== undefined) tell(signal);
      await new Promise(() => undefined);
      yield '';
    },
  };
  return { list, asked };
}

async function serving(organizations: OrganizationList): Promise<{ service: Service; policies: LoginPolicies }> {
  const policies = await openLoginPolicies({ store: openMemoryStore(), organizations });
  orThrow(await policies.add({ instanceId: INSTANCE }, freshInstance, { actor: 'set-up' }));
  return { policies, service: await openService({ api: { loginPolicies: policies } }) };
}

describe('a call whose client disconnects', () => {
  it('is aborted, including its reads, and is not reported as a failure', async () => {
    const { asked, list } = hangingList();
    const { policies, service } = await serving(list);
    const socket = connect(service.listening.port, '127.0.0.1');
    socket.write(
      `POST /admin/v1/policies/login/_preview HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${ROOT}\r\n` +
        `content-type: application/json\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`,
    );
    const signal = await asked;
    expect(signal.aborted).to.equal(false);
    const left = once(signal, 'abort');
    socket.destroy();
    await left;
    await service.close();
    expect(service.failures).to.deep.equal([]);
    await policies.close();
  });

  it('ends when a web page aborts its fetch', async () => {
    const { asked, list } = hangingList();
    const { policies, service } = await serving(list);
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${ROOT}`, 'content-type': 'application/json' };
    const url = `http://x/admin/v1/policies/login/_preview`;
    const answer = service.api.fetch(new Request(url, { method: 'POST', headers, body: BODY, signal: leaving.signal }));
    const signal = await asked;
    leaving.abort();
    expect(signal.aborted).to.equal(true);
    expect((await answer).status).to.equal(499);
    expect(service.failures).to.deep.equal([]);
    await service.close();
    await policies.close();
  });
});
