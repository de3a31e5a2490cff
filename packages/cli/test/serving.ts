import { createApi, oneInstance, staticTokens, type Caller, type Ports, type SignIns } from '@login-policy/api';
import { openLoginPolicies } from '@login-policy/domain';
import { openPeople, type Census } from '@login-policy/domain/people';
import { openAuditLog } from '@login-policy/domain/audit';
import { openProposals } from '@login-policy/proposals';
import { openSqliteStore } from '@login-policy/store-sqlite';

/** May do everything. */
export const TOKEN = 'token-of-the-operator';
/** May do everything in globex, and nothing else. */
export const TOKEN_OF_GLOBEX = 'token-of-the-owner-of-globex';
/** May do everything, and is somebody else. */
export const TOKEN_OF_ANOTHER = 'token-of-another-operator';
/** May look, everywhere. */
export const TOKEN_OF_A_READER = 'token-of-a-reader';

const ORGANIZATION = ['policy.read', 'policy.write', 'policy.delete'];
const CALLERS: Readonly<Record<string, Caller>> = {
  [TOKEN]: {
    id: 'operator',
    instanceId: 'iam',
    grants: [{ permissions: ['iam.policy.read', 'iam.policy.write', ...ORGANIZATION] }],
  },
  [TOKEN_OF_ANOTHER]: {
    id: 'another',
    instanceId: 'iam',
    grants: [{ permissions: ['iam.policy.read', 'iam.policy.write', ...ORGANIZATION] }],
  },
  [TOKEN_OF_GLOBEX]: {
    id: 'owner-of-globex',
    instanceId: 'iam',
    organizationId: 'globex',
    grants: [{ permissions: ORGANIZATION, organizationId: 'globex' }],
  },
  [TOKEN_OF_A_READER]: {
    id: 'reader',
    instanceId: 'iam',
    grants: [{ permissions: ['iam.policy.read', 'policy.read'] }],
  },
};

/** Recognises the callers above. */
export const authenticate = staticTokens(CALLERS);

/** A server of the API, with the guard on and an audit log. */
export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** What of a server is changed. */
export interface Serving {
  readonly ports?: Partial<Ports>;
  /** Default: with one. */
  readonly isAudited?: boolean;
  /** Who the users are. Default: unknown. */
  readonly census?: Census;
  /** Whether it has proposals, which others approve. */
  readonly hasFourEyes?: boolean;
  /** Default: not recorded. */
  readonly signIns?: SignIns;
}

/** Serves the policies of instance `iam` in a SQLite file, as a program beside the command line does. */
export async function serve(
  path: string,
  { census, hasFourEyes = false, isAudited = true, ports = {}, signIns }: Serving = {},
): Promise<Served> {
  const store = await openSqliteStore({ path });
  const people = census && openPeople(census);
  const loginPolicies = await openLoginPolicies({ store, guard: 'refuse', ...(people && { people }) });
  const auditLog = isAudited ? await openAuditLog({ store }) : undefined;
  const proposals = hasFourEyes ? await openProposals({ store, loginPolicies, mayApprove: () => true }) : undefined;
  proposals?.keepCarryingOut({ everyMs: 100 });
  const api = createApi({
    loginPolicies,
    ...(auditLog && { auditLog }),
    ...(proposals && { proposals }),
    ...(signIns && { signIns }),
    ports: {
      authenticate,
      instanceOf: oneInstance('iam'),
      organizations: { exists: ({ organizationId }) => organizationId !== 'nowhere' },
      ...ports,
    },
  });
  const port = await api.listen({ port: 0 });
  return {
    url: port.url,
    async close() {
      await port.close({ graceMs: 2000 });
      await proposals?.close();
      await auditLog?.close();
      await loginPolicies.close();
      await store.close();
    },
  };
}
