/**
 * The API as a program would serve it: `api.listen`, two instances, static and signed tokens.
 *
 * Usage: node api-server.js STORE KEYS [patient], with the addresses of a store and a key set. `patient` uses the
 * default limits of a port, and a long history.
 */
import { once } from 'node:events';
import { createApi, instancesByHost, jsonWebTokens, staticTokens, type Caller } from '@login-policy/api';
import { openLoginPolicies } from '@login-policy/domain';
import { openStore } from '../open-store.js';
import { INSTANCES, MACHINES } from './fixtures.js';
import { makeLongHistory } from './long-history.js';

const [storeUrl = '', keys = '', kind = 'hurried'] = process.argv.slice(2);
const READ = ['iam.policy.read', 'policy.read'];
const WRITE = [...READ, 'iam.policy.write', 'policy.write', 'policy.delete'];
const machines = MACHINES.map(({ id, instance, mayWrite, token }): [string, Caller] => [
  token,
  { id, instanceId: instance.id, grants: [{ permissions: mayWrite ? WRITE : READ }] },
]);
const byToken = staticTokens(Object.fromEntries(machines));
const bySignature = jsonWebTokens({
  keys: new URL(keys),
  issuer: 'https://issuer.test',
  audience: 'login-policy',
  callerOf: ({ sub = '' }) => ({ id: sub, instanceId: 'ours', grants: [{ permissions: WRITE }] }),
});
const store = await openStore(storeUrl);
const loginPolicies = await openLoginPolicies({ store });
if (kind === 'patient') await makeLongHistory(loginPolicies);
const api = createApi({
  loginPolicies,
  ports: {
    authenticate: async (request) => byToken(request) ?? (await bySignature(request)),
    instanceOf: instancesByHost(Object.fromEntries(INSTANCES.map(({ host, id }) => [host, id]))),
    organizations: {
      exists: ({ instanceId, organizationId }) =>
        INSTANCES.some(({ id, organizations }) => id === instanceId && organizations.includes(organizationId)),
    },
  },
  origins: ['https://app.test'],
  bodyTimeoutMs: 500,
  onFailure: (cause) => console.error(String(cause)),
});
const hurried = { headersTimeoutMs: 500, requestTimeoutMs: 1000, idleTimeoutMs: 1000 };
const port = await api.listen({ port: 0, ...(kind === 'hurried' && hurried) });
console.log(port.url);
await once(process, 'SIGTERM');
await port.close({ drainMs: 100, graceMs: 1000 });
await loginPolicies.close();
await store.close();
