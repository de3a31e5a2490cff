import { createApi } from '@login-policy/api';
import { authenticate, instanceOf, openPolicies, type OpenServer } from './policies.js';

/** The API as anybody would open it: static tokens, instances by host, its own port. */
export async function openOurs(): Promise<OpenServer> {
  const { policies: loginPolicies, written, close } = await openPolicies();
  const ports = { authenticate, instanceOf, organizations: { exists: () => false } };
  const listening = await createApi({ loginPolicies, ports }).listen({ port: 0 });
  return { port: listening.port, written, close: () => listening.close({ graceMs: 1000 }).then(close) };
}
