import { createApi } from '@login-policy/api';
import { authenticate, instanceOf, openPolicies } from './policies.js';
import type { OpenServer } from './server.js';

/** The API as anybody would open it: static tokens, instances by host, its own port. */
export async function openOurs(): Promise<OpenServer> {
  const { policies: loginPolicies, written, close } = await openPolicies();
  const api = createApi({
    loginPolicies,
    ports: { authenticate, instanceOf, organizations: { exists: () => false } },
  });
  const listening = await api.listen({ port: 0 });
  return {
    port: listening.port,
    written,
    close: async () => {
      await listening.close({ graceMs: 1000 });
      await close();
    },
  };
}
