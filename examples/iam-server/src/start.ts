import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openAuditLog, type LoginPolicies } from '@login-policy/domain';
import type { AuditLog } from '@login-policy/domain/model';
import { isFault, type ConsumerStatus, type Store } from '@login-policy/event-sourcing';
import { JudgedSignIns } from './accounts/judged-sign-ins.js';
import { SignInAttempts } from './accounts/sign-in-attempts.js';
import { Instances } from './accounts/instances.js';
import { Passwords } from './accounts/passwords.js';
import { factorsIn, type OwnFactors } from './accounts/set-up-factors.js';
import type { Started } from './announcement.js';
import { CannotStart, withoutSecrets, type Config } from './config.js';
import { begin } from './data/first-start.js';
import { loadFacts } from './data/iam-facts.js';
import { ensureFolder } from './data/private-file.js';
import { noteAddress, quickstartFile } from './data/quickstart.js';
import { CustomPolicies } from './directory/custom-policies.js';
import { takeFirstFree, type TakenPort } from './http/first-free-port.js';
import { PageFiles } from './http/page-files.js';
import { readTlsFiles } from './http/tls-files.js';
import { IamServer } from './iam-server.js';
import type { Log } from './log.js';
import { Metrics } from './metrics.js';
import { beginPolicies, openPolicies } from './open-policies.js';
import { openStore, storeFailure } from './open-store.js';
import { ChangesFeed } from './routes/changes-feed.js';
import { ChangesStreams } from './routes/changes-streams.js';
import { DirectoryRoutes } from './routes/directory-routes.js';
import { PasskeyRoutes } from './routes/passkey-routes.js';
import { OrganizationTableRoute } from './routes/organization-table-route.js';
import { WebhookRoutes } from './routes/webhook-routes.js';
import { SessionRoutes } from './routes/session-routes.js';
import type { Transport } from './sessions/cookies.js';
import { Identification } from './sessions/identification.js';
import { endSessions } from './sessions/ending-sessions.js';
import { Sessions } from './sessions/sessions.js';
import { Steps } from './steps.js';
import { Webhooks } from './webhooks/webhooks.js';
import { StoreWatch } from './store-watch.js';

const PAGE_BESIDE = fileURLToPath(new URL('../../admin-page/dist', import.meta.url));
const TRY_AGAIN_MS = 500;
/** How long requests are still accepted after the signal to end. */
const DRAIN_MS = 250;
/** The time for closing the store after all requests. */
const RESERVE_MS = 3000;
/** The time for cleaning up after a failed start. */
const CLEAN_UP_MS = 2000;

/** A running server. */
export interface Running {
  readonly started: Started;
  /** Answers pending requests, ends the streams, then closes the store. @throws TookTooLong */
  readonly stop: () => Promise<void>;
}

/** An opened resource, to be closed in reverse order. */
interface Opened {
  readonly waitsFor: string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the server within one deadline: port, store, accounts, policies, in this order, so that nothing is created
 * before the store was checked. Until then, requests are answered with 503.
 *
 * @param signal ends the start: what was opened is closed.
 * @throws CannotStart after the reason was logged and everything possible was closed.
 * @throws the signal's reason, when it fired.
 */
export async function start(config: Config, log: Log, signal?: AbortSignal): Promise<Running> {
  const opened: Opened[] = [];
  const ending = signal === undefined ? {} : { signal };
  try {
    return await startWith(opened, {
      config,
      log,
      steps: new Steps({ what: 'Starting', ms: config.startMs, log, ...ending }),
    });
  } catch (caught) {
    const failure = isFault(caught) ? storeFailure(config.storeUrl, caught) : caught;
    // Logged first, because closing may take as long as starting.
    if (signal?.aborted === true) log.note('info', 'The server was told to end while it was starting.');
    else log.failure(failure);
    const steps = new Steps({ what: 'Cleaning up', ms: CLEAN_UP_MS, log });
    await closeAll(opened, steps).catch((late: unknown) => log.failure(late));
    throw failure;
  }
}

interface Given {
  readonly config: Config;
  readonly log: Log;
  readonly steps: Steps;
}

async function startWith(opened: Opened[], { config, log, steps }: Given): Promise<Running> {
  const { dataFolder, host, ports, storeUrl } = config;
  const storeName = withoutSecrets(storeUrl);
  const port = await takeFirstFree({ host, ports, tls: await readTlsFiles(config.tls) });
  opened.push({ waitsFor: 'its port', close: () => port.close({ graceMs: 0 }) });
  const page = await pageOf(config);
  await ensureFolder(dataFolder);
  const seen = (await loadFacts(dataFolder))?.generation;
  const store = await openPatiently({ config, log, steps });
  opened.push({ waitsFor: `the store ${storeName}`, close: () => store.close() });
  const { facts, secrets } = await steps.take(`the store ${storeName} and ${dataFolder}`, () =>
    begin(config, store, seen),
  );
  const instances = new Instances(dataFolder, facts, (cause) => log.failure(cause));
  const factors = factorsIn(dataFolder);
  const policies = await steps.take('the login policies', () => openPolicies(store, instances));
  opened.push({ waitsFor: 'the login policies', close: () => policies.close() });
  const auditLog = await steps.take('the audit log', () => openAuditLog({ store }));
  opened.push({ waitsFor: 'the audit log', close: () => auditLog.close() });
  await steps.take(`the read models of the store ${storeName}`, () => beginPolicies(policies, { facts, store, steps }));
  const server = await assemble({ ...{ config, log, instances, store, policies, auditLog, page, opened }, ...factors });
  const url = config.publicUrl ?? port.url;
  await noteAddress(dataFolder, url);
  port.serve((request, response) => server.handle(request, response));
  log.note('info', 'The server answers.', { url, store: storeName });
  return {
    started: { url, storeName, instances: facts.instances, secrets, secretsFile: quickstartFile(dataFolder) },
    stop: () => stop(port, server, { opened, steps: new Steps({ what: 'Ending', ms: config.stopMs, log }), log }),
  };
}

/**
 * Opens the store, with retries while it is unavailable.
 *
 * @throws CannotStart when it stays unavailable for the time of a start
 */
async function openPatiently({ config: { storeUrl }, log, steps }: Given): Promise<Store> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await steps.take(`the store ${withoutSecrets(storeUrl)}`, () => openStore(storeUrl));
    } catch (caught) {
      const mayPass = caught instanceof CannotStart && caught.remedy === 'start again';
      if (!mayPass || steps.leftMs <= TRY_AGAIN_MS) throw caught;
      if (attempt === 1)
        log.note('warn', `${caught.message} It is tried again for ${Math.round(steps.leftMs / 1000)} s.`);
      await steps.take('another try', () => pause(TRY_AGAIN_MS));
    }
  }
}

/** A configured folder must have a page. The one beside the server may not be built yet; the API does not need it. */
async function pageOf({ pageFolder }: Config): Promise<PageFiles> {
  const page = await PageFiles.load(pageFolder ?? PAGE_BESIDE);
  if (page.isThere || pageFolder === undefined) return page;
  throw new CannotStart(`IAM_PAGE names ${pageFolder}, which holds no index.html.`);
}

interface Parts extends Omit<Given, 'steps'>, OwnFactors {
  readonly instances: Instances;
  readonly store: Store;
  readonly policies: LoginPolicies;
  readonly auditLog: AuditLog;
  readonly page: PageFiles;
  readonly opened: Opened[];
}

async function assemble(parts: Parts): Promise<IamServer> {
  const { config, log, instances, store, policies, auditLog, page, opened, apps, passkeys, setUp } = parts;
  const { allowedOrigins, dataFolder, isBehindProxy, publicUrl, tls } = config;
  const transport: Transport = tls !== undefined || publicUrl?.startsWith('https:') === true ? 'https' : 'http';
  const metrics = new Metrics();
  const sessions = new Sessions(dataFolder, instances);
  const identification = new Identification(instances, sessions, transport);
  const attempts = new SignInAttempts(() => performance.now());
  const passwords = new Passwords();
  const signIns = new JudgedSignIns(policies, apps, setUp);
  opened.push({ waitsFor: 'the thread that verifies passwords', close: () => passwords.close() });
  const webhooks = await Webhooks.open({ policies, dataFolder, log, head: await store.eventStore.head() });
  const ending = endSessions({ policies, instances, sessions, signIns, log });
  watchConsumers(metrics, () => [ending.status(), ...webhooks.statuses]);
  const feed = await ChangesFeed.open(store.eventStore);
  const watch = new StoreWatch(store.eventStore, log);
  const changes = new ChangesStreams(feed, identification, () => watch.isUp);
  opened.push({ waitsFor: 'the feed of changes', close: () => closeFeed(changes, feed, watch) });
  metrics.watch('iam_change_streams', () => changes.count);
  metrics.watch('iam_store_up', () => Number(watch.isUp));
  const about = { instances, identification, publicUrl, transport, log, metrics };
  return new IamServer({
    ...about,
    ...{ policies, auditLog, allowedOrigins, page, changes },
    isStoreUp: () => watch.isUp,
    session: new SessionRoutes({ ...about, attempts, passkeys, passwords, sessions, signIns, isBehindProxy }),
    passkeys: new PasskeyRoutes({ ...about, passkeys }),
    webhooks: new WebhookRoutes(webhooks, instances),
    directory: new DirectoryRoutes(instances, policies),
    table: new OrganizationTableRoute(instances, policies, new CustomPolicies(policies, feed)),
  });
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

interface Ending extends Omit<Given, 'config'> {
  readonly opened: Opened[];
}

async function stop(port: TakenPort, server: IamServer, { opened, steps, log }: Ending): Promise<void> {
  // The load balancer is told first that this server accepts no more requests.
  server.endWatches();
  const graceMs = Math.max(0, Math.floor(steps.leftMs - RESERVE_MS));
  const cut = setTimeout(() => {
    const left = server.unanswered;
    if (left === 1) log.note('error', '1 request was not answered, and is cut off.');
    if (left > 1) log.note('error', `${left} requests were not answered, and are cut off.`);
  }, DRAIN_MS + graceMs);
  const answered = port.close({ drainMs: DRAIN_MS, graceMs });
  const feed = opened.pop();
  await steps.take('the feed of changes', () => feed?.close() ?? Promise.resolve());
  await steps.take(`requests that are not answered`, () => answered);
  clearTimeout(cut);
  await closeAll(opened, steps);
}

async function closeAll(opened: Opened[], steps: Steps): Promise<void> {
  for (const { waitsFor, close } of opened.splice(0).toReversed()) await steps.take(waitsFor, close);
}
