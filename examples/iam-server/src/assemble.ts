import type { LoginPolicies } from '@login-policy/domain';
import type { AuditLog } from '@login-policy/domain/audit';
import type { ConsumerStatus, Store } from '@login-policy/event-sourcing';
import type { Proposals } from '@login-policy/proposals';
import { Accounts } from './accounts/accounts.js';
import { AuthenticatorApps } from './accounts/authenticator-apps.js';
import type { Database } from './accounts/database/database.js';
import type { Instances } from './accounts/instances.js';
import { JudgedSignIns } from './accounts/judged-sign-ins.js';
import { PasswordChecks } from './accounts/password-checks.js';
import { Passwords } from './accounts/passwords.js';
import { SignInAttempts } from './accounts/sign-in-attempts.js';
import { SignInPolicies } from './accounts/sign-in-policies.js';
import type { Config } from './config.js';
import { CustomPolicies } from './directory/custom-policies.js';
import type { PageFiles } from './http/page-files.js';
import { IamServer } from './iam-server.js';
import type { Log } from './log.js';
import { Metrics } from './metrics.js';
import { peopleIn } from './open-policies.js';
import { PasskeyChallenges } from './passkeys/passkey-challenges.js';
import { Passkeys } from './passkeys/passkeys.js';
import { ChangesFeed } from './routes/changes-feed.js';
import { ChangesStreams } from './routes/changes-streams.js';
import { DirectoryRoutes } from './routes/directory-routes.js';
import { OrganizationTableRoute } from './routes/organization-table-route.js';
import { PasskeyRoutes } from './routes/passkey-routes.js';
import { SessionRoutes, type SessionRoutesOptions } from './routes/session-routes.js';
import { UserRoutes } from './routes/user-routes.js';
import { WebhookRoutes } from './routes/webhook-routes.js';
import type { Transport } from './sessions/cookies.js';
import { endSessions } from './sessions/ending-sessions.js';
import { Identification } from './sessions/identification.js';
import { Sessions } from './sessions/sessions.js';
import { RecordedSignIns } from './sign-ins/recorded-sign-ins.js';
import { ReportOnly } from './sign-ins/report-only.js';
import { StoreWatch } from './store-watch.js';
import { Webhooks } from './webhooks/webhooks.js';

/** An opened resource, to be closed in reverse order. */
export interface Opened {
  readonly waitsFor: string;
  readonly close: () => Promise<void>;
}

/** Everything that was opened, to assemble the server from. */
export interface Parts {
  readonly config: Config;
  readonly log: Log;
  readonly database: Database;
  readonly instances: Instances;
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly auditLog: AuditLog;
  readonly proposals: Proposals;
  readonly page: PageFiles;
  readonly opened: Opened[];
}

/** Assembles the server. What it opens is added to `opened`. */
export async function assemble(parts: Parts): Promise<IamServer> {
  const { config, log, instances, store, policies, auditLog, proposals, page, opened } = parts;
  const { allowedOrigins, dataFolder, needsFourEyes, publicUrl } = config;
  const metrics = new Metrics();
  const signIns = await signInsOf(parts, metrics);
  const people = peopleOf(parts, { metrics, signIns });
  const { identification, passkeys, sessions } = people;
  const head = await store.eventStore.head();
  const webhooks = await Webhooks.open({ policies, proposals, dataFolder, log, head });
  const ending = endSessions({ policies, sessions, log, head });
  watchConsumers(metrics, () => [ending.status(), ...webhooks.statuses]);
  const feed = await ChangesFeed.open(store.eventStore);
  const watch = new StoreWatch(store.eventStore, log);
  const changes = new ChangesStreams(feed, identification, () => watch.isUp);
  const custom = new CustomPolicies(policies, feed);
  opened.push({ waitsFor: 'the feed of changes', close: () => closeFeed(changes, feed, watch) });
  metrics.watch('iam_change_streams', () => changes.count);
  metrics.watch('iam_store_up', () => Number(watch.isUp));
  const about = { instances, identification, publicUrl, transport: people.transport, log, metrics };
  return new IamServer({
    ...about,
    ...{ policies, auditLog, proposals, needsFourEyes, signIns, allowedOrigins, page, changes },
    people: peopleIn(parts.database),
    isStoreUp: () => watch.isUp,
    session: new SessionRoutes(people),
    passkeys: new PasskeyRoutes({ ...about, passkeys }),
    webhooks: new WebhookRoutes(webhooks, instances),
    directory: new DirectoryRoutes(instances, policies, parts.database),
    users: new UserRoutes(people.accounts, parts.database, custom),
    table: new OrganizationTableRoute(instances, policies, custom),
    readModel: policies.readModel,
  });
}

/** Where sign-ins are recorded, unless that is switched off. */
async function signInsOf(
  { config, instances, log, opened }: Parts,
  metrics: Metrics,
): Promise<RecordedSignIns | undefined> {
  const { dataFolder, recordsSignIns, reportOnlyFile } = config;
  if (!recordsSignIns) return undefined;
  const reportOnly = reportOnlyFile === undefined ? undefined : await ReportOnly.read(reportOnlyFile);
  const signIns = new RecordedSignIns({ dataFolder, secret: () => instances.secret, reportOnly, log, metrics });
  opened.push({ waitsFor: 'the record of sign-ins', close: () => signIns.close() });
  return signIns;
}

/** What signs people in. */
function peopleOf(
  { config, database, instances, log, opened, policies, store }: Parts,
  { metrics, signIns }: { readonly metrics: Metrics; readonly signIns: RecordedSignIns | undefined },
): SessionRoutesOptions {
  const { isBehindProxy, publicUrl, tls } = config;
  const transport: Transport = tls !== undefined || publicUrl?.startsWith('https:') === true ? 'https' : 'http';
  const accounts = new Accounts(database);
  const now = (): number => Date.now();
  const secret = (): string => instances.secret;
  const judgedBy = new SignInPolicies(policies, () => store.eventStore.head());
  const sessions = new Sessions(accounts, judgedBy);
  const passwords = new Passwords();
  opened.push({ waitsFor: 'the thread that verifies passwords', close: () => passwords.close() });
  return {
    ...{ accounts, instances, isBehindProxy, log, metrics, publicUrl, sessions, transport },
    attempts: new SignInAttempts(database, secret),
    identification: new Identification({ accounts, instances, sessions, transport }),
    passkeys: new Passkeys(accounts, new PasskeyChallenges(accounts, secret, now)),
    passwords: new PasswordChecks((passwordHash, password) => passwords.isRight(passwordHash, password)),
    signIns: new JudgedSignIns(judgedBy, new AuthenticatorApps(accounts, now), (judged) => signIns?.record(judged)),
  };
}

/** The lag of the consumers that work in this process; standbys have none. */
function watchConsumers(metrics: Metrics, statuses: () => readonly Pick<ConsumerStatus, 'lag' | 'state'>[]): void {
  metrics.watch('iam_consumer_lag_seconds', () => Math.max(0, ...statuses().map(({ lag = 0 }) => lag)));
  metrics.watch('iam_consumers_retrying', () => statuses().filter(({ state }) => state === 'retrying').length);
}

async function closeFeed(changes: ChangesStreams, feed: ChangesFeed, watch: StoreWatch): Promise<void> {
  changes.close();
  await Promise.all([feed.close(), watch.close()]);
}
