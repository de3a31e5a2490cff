import { join } from 'node:path';
import type { LoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import { Accounts } from './accounts/accounts.js';
import { machineTokens } from './accounts/machine-tokens.js';
import { SignInAttempts } from './accounts/sign-in-attempts.js';
import type { Config } from './config.js';
import type { IamFacts } from './data/iam-facts.js';
import type { PageFiles } from './http/page-files.js';
import { IamServer } from './iam-server.js';
import type { OrganizationDirectory } from './organization-directory.js';
import { ChangesFeed } from './routes/changes-feed.js';
import { ChangesStreams } from './routes/changes-streams.js';
import { DirectoryRoutes } from './routes/directory-routes.js';
import { SessionRoutes } from './routes/session-routes.js';
import { identification } from './sessions/identification.js';
import { loadKeyPair } from './sessions/key-pair.js';
import { Sessions } from './sessions/sessions.js';

/** What the server is put together from. */
export interface Parts {
  readonly config: Config;
  readonly facts: IamFacts;
  readonly organizations: OrganizationDirectory;
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly page: PageFiles;
  readonly onFailure: (cause: unknown) => void;
}

/** The server, and what of it has to be ended. */
export interface Assembled {
  readonly server: IamServer;
  readonly feed: ChangesFeed;
  readonly streams: ChangesStreams;
}

/** Puts the server together. */
export async function assemble(parts: Parts): Promise<Assembled> {
  const { config, facts, organizations, policies, page, onFailure } = parts;
  const instanceId = facts.instance.id;
  const accounts = await Accounts.of(facts.users);
  const keyPair = await loadKeyPair(config.dataFolder);
  const sessions = new Sessions({ folder: join(config.dataFolder, 'sessions'), keyPair, accounts, instanceId });
  if (config.resetsSecrets) await sessions.endAll();
  const feed = await ChangesFeed.open(parts.store.eventStore, onFailure);
  const streams = new ChangesStreams(feed, sessions);
  const authenticate = identification({ instanceId, sessions, machineOf: machineTokens(facts.machines) });
  const server = new IamServer({
    instanceId,
    policies,
    organizations,
    page,
    sessions,
    onFailure,
    publicUrl: config.publicUrl,
    allowedOrigins: config.allowedOrigins,
    authenticate,
    session: sessionRoutes(parts, accounts, sessions),
    directory: new DirectoryRoutes(instanceId, organizations, policies),
    changes: streams,
  });
  return { server, feed, streams };
}

function sessionRoutes({ config, facts }: Parts, accounts: Accounts, sessions: Sessions): SessionRoutes {
  const isSecure = config.tls !== undefined || config.publicUrl?.startsWith('https:') === true;
  return new SessionRoutes({
    instance: facts.instance,
    accounts,
    attempts: new SignInAttempts(() => performance.now()),
    sessions,
    publicUrl: config.publicUrl,
    transport: isSecure ? 'https' : 'http',
  });
}
