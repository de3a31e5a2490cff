import type { LoginPolicies } from '@login-policy/domain';
import { openAuditLog, type AuditLog } from '@login-policy/domain/audit';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isFault, type Store } from '@login-policy/event-sourcing';
import type { Proposals } from '@login-policy/proposals';
import type { Database } from './accounts/database/database.js';
import { Instances } from './accounts/instances.js';
import { openAccounts } from './accounts/open-accounts.js';
import type { AnnouncedInstance, Started } from './announcement.js';
import { CannotStart, withoutSecrets, type Config } from './config.js';
import { assemble, type Opened } from './assemble.js';
import { begin } from './data/first-start.js';
import { ensureFolder } from './data/private-file.js';
import { noteAddress, quickstartFile, type Secrets } from './data/quickstart.js';
import { openFourEyes, Upcoming } from './four-eyes.js';
import { takeFirstFree, type TakenPort } from './http/first-free-port.js';
import { PageFiles } from './http/page-files.js';
import { readTlsFiles } from './http/tls-files.js';
import type { IamServer } from './iam-server.js';
import type { Log } from './log.js';
import { beginPolicies, openPolicies } from './open-policies.js';
import { openStore, storeFailure } from './open-store.js';
import { Steps } from './steps.js';

/** The built page is in the published package; in the repository it is in a folder beside this one. */
const PUBLISHED_PAGE = fileURLToPath(new URL('../page', import.meta.url));
const PAGE_BESIDE = fileURLToPath(new URL('../../admin-page/dist', import.meta.url));
const TRY_AGAIN_MS = 500;
/** How many organizations of each instance are announced. */
const ANNOUNCED = 5;
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
  const startedAt = performance.now();
  try {
    return await startWith(opened, {
      config,
      log,
      startedAt,
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
  /** By `performance.now()`. */
  readonly startedAt: number;
}

async function startWith(opened: Opened[], given: Given): Promise<Running> {
  const { config, log, steps } = given;
  const { accountsUrl, dataFolder, host, ports, storeUrl } = config;
  const storeName = withoutSecrets(storeUrl);
  const port = await takeFirstFree({ host, ports, tls: await readTlsFiles(config.tls) });
  opened.push({ waitsFor: 'its port', close: () => port.close({ graceMs: 0 }) });
  const page = await pageOf(config);
  await ensureFolder(dataFolder);
  const store = await openPatiently(given, `the store ${storeName}`, () => openStore(config));
  opened.push({ waitsFor: `the store ${storeName}`, close: () => store.close() });
  const { database, instances, secrets } = await beginPeople(opened, given, store);
  const served = await openServed(opened, given, { store, instances, database });
  const server = await assemble({ config, log, database, instances, store, ...served, page, opened });
  const url = config.publicUrl ?? port.url;
  const announced = await steps.take(`the accounts ${withoutSecrets(accountsUrl)}`, () => announcedIn(instances));
  await noteAddress(dataFolder, url);
  port.serve((request, response) => server.handle(request, response));
  log.note('info', 'The server answers.', { url, store: storeName, accounts: withoutSecrets(accountsUrl) });
  return {
    started: { url, storeName, instances: announced, secrets, secretsFile: quickstartFile(dataFolder) },
    stop: () => stop(port, server, { opened, steps: new Steps({ what: 'Ending', ms: config.stopMs, log }), log }),
  };
}

/** The instances, each with the few organizations that are announced. */
function announcedIn(instances: Instances): Promise<readonly AnnouncedInstance[]> {
  return Promise.all(
    instances.all.map(async (one) => ({ ...one, organizations: await instances.some(one, ANNOUNCED) })),
  );
}

/** What the API serves from a store. */
interface Served {
  readonly policies: LoginPolicies;
  readonly auditLog: AuditLog;
  readonly proposals: Proposals;
}

/** Opens the policies of a store, and what is built on them. */
async function openServed(
  opened: Opened[],
  { config, log, steps }: Given,
  { database, instances, store }: Pick<People, 'database' | 'instances'> & { readonly store: Store },
): Promise<Served> {
  const upcoming = new Upcoming();
  const policies = await steps.take('the login policies', () => openPolicies({ store, instances, database, upcoming }));
  opened.push({ waitsFor: 'the login policies', close: () => policies.close() });
  const auditLog = await steps.take('the audit log', () => openAuditLog({ store }));
  opened.push({ waitsFor: 'the audit log', close: () => auditLog.close() });
  await steps.take(`the read models of the store ${withoutSecrets(config.storeUrl)}`, () =>
    beginPolicies(policies, { instances, store, steps }),
  );
  const isNeeded = config.needsFourEyes;
  const proposals = await steps.take('the proposals', () =>
    openFourEyes({ store, policies, instances, isNeeded, log }),
  );
  upcoming.proposals = proposals;
  opened.push({ waitsFor: 'the proposals', close: () => proposals.close() });
  return { policies, auditLog, proposals };
}

interface People {
  readonly database: Database;
  readonly instances: Instances;
  readonly secrets: Secrets | undefined;
}

/** Opens the accounts, and creates them in a first start. */
async function beginPeople(opened: Opened[], given: Given, store: Store): Promise<People> {
  const { config, steps } = given;
  const name = `the accounts ${withoutSecrets(config.accountsUrl)}`;
  const database = await openPatiently(given, name, () => openAccounts(config.accountsUrl));
  opened.push({ waitsFor: name, close: () => database.close() });
  const secrets = await steps.take(`${name} and ${config.dataFolder}`, () =>
    begin(database, { config, store, startedAt: given.startedAt }),
  );
  return { database, secrets, instances: await steps.take(name, () => Instances.open(database)) };
}

/**
 * Opens something, with retries while it is unavailable.
 *
 * @throws CannotStart when it stays unavailable for the time of a start
 */
async function openPatiently<Opening>(
  { log, steps }: Given,
  name: string,
  open: () => Promise<Opening>,
): Promise<Opening> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await steps.take(name, open);
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
  const page = await PageFiles.load(pageFolder ?? (existsSync(PUBLISHED_PAGE) ? PUBLISHED_PAGE : PAGE_BESIDE));
  if (page.isThere || pageFolder === undefined) return page;
  throw new CannotStart(`IAM_PAGE names ${pageFolder}, which holds no index.html.`);
}

interface Ending extends Pick<Given, 'log' | 'steps'> {
  readonly opened: Opened[];
}

async function stop(port: TakenPort, server: IamServer, { opened, steps, log }: Ending): Promise<void> {
  // The load balancer is told first that this server accepts no more requests.
  server.endWatches();
  const graceMs = Math.max(0, Math.floor(steps.leftMs - RESERVE_MS));
  const onCutOff = (): void => {
    const left = server.unanswered;
    if (left === 1) log.note('error', '1 request was not answered, and is cut off.');
    if (left > 1) log.note('error', `${left} requests were not answered, and are cut off.`);
  };
  const answered = port.close({ drainMs: DRAIN_MS, graceMs, onCutOff });
  const feed = opened.pop();
  await steps.take('the feed of changes', () => feed?.close() ?? Promise.resolve());
  await steps.take(`requests that are not answered`, () => answered);
  await closeAll(opened, steps);
}

async function closeAll(opened: Opened[], steps: Steps): Promise<void> {
  for (const { waitsFor, close } of opened.splice(0).toReversed()) await steps.take(waitsFor, close);
}
