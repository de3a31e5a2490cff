import { createApi, oneInstance, type Authenticate, type Listening } from '@login-policy/api';
import type { LoginPolicies } from '@login-policy/domain';
import type { Config } from './config.js';
import { cannotListen, listen } from './http/listener.js';
import type { KeyAndCertificate } from './http/tls-files.js';
import type { OrganizationDirectory } from './organization-directory.js';

/** What a port for programs needs. */
export interface ProgramsPortOptions {
  readonly config: Pick<Config, 'host' | 'apiPort'>;
  readonly tls: KeyAndCertificate | undefined;
  readonly instanceId: string;
  readonly policies: LoginPolicies;
  readonly organizations: OrganizationDirectory;
  readonly authenticate: Authenticate;
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Sees that the port for programs can be had, before anything is written: it is taken when there is something to answer with.
 *
 * @throws CannotStart
 */
export async function tryProgramsPort({ host, apiPort }: ProgramsPortOptions['config']): Promise<void> {
  if (apiPort === undefined) return;
  const trial = await listen({ host, ports: [apiPort], variable: 'IAM_API_PORT', tls: undefined });
  await trial.close(0);
}

/**
 * Listens for programs, if they are given a port: the API alone, over gRPC, gRPC-Web, Connect and REST. Cookies count for
 * nothing there: a browser sends them to every port of a host, and nobody looks at where such a request comes from.
 *
 * @throws CannotStart when the port can't be had.
 */
export async function listenForPrograms(options: ProgramsPortOptions): Promise<Listening | undefined> {
  const { config, tls, instanceId, policies, organizations, authenticate, onFailure } = options;
  if (config.apiPort === undefined) return undefined;
  const api = createApi({
    loginPolicies: policies,
    ports: { authenticate: withoutCookies(authenticate), organizations, instanceOf: oneInstance(instanceId) },
    origins: [],
    onFailure,
  });
  try {
    return await api.listen({ host: config.host, port: config.apiPort, ...(tls !== undefined && { tls }) });
  } catch (cause) {
    throw cannotListen(`IAM_API_PORT ${config.apiPort} on HOST ${config.host}`, cause);
  }
}

function withoutCookies(authenticate: Authenticate): Authenticate {
  return (headers) => authenticate({ get: (name) => (name === 'cookie' ? undefined : headers.get(name)) });
}
