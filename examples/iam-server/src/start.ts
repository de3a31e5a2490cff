import { fileURLToPath } from 'node:url';
import type { LoginPolicies } from '@login-policy/domain';
import { openLoginPolicies } from '@login-policy/domain';
import { isFault, type Store } from '@login-policy/event-sourcing';
import type { Started } from './announcement.js';
import { assemble, type Assembled, type Parts } from './assembly.js';
import { CannotStart, withoutSecrets, type Config } from './config.js';
import { begin, ensureDefaultPolicy } from './data/first-start.js';
import type { IamFacts } from './data/iam-facts.js';
import { ensureFolder } from './data/private-file.js';
import { quickstartFile, writeQuickstart } from './data/quickstart.js';
import { takeFirstFree, type TakenPort } from './http/first-free-port.js';
import { PageFiles } from './http/page-files.js';
import { readTlsFiles } from './http/tls-files.js';
import { openStore, storeFailure } from './open-store.js';
import { OrganizationDirectory } from './organization-directory.js';

const PAGE_BESIDE = fileURLToPath(new URL('../page/dist', import.meta.url));
/** Requests that come with the signal to end are answered. */
const DRAIN_MS = 250;
const GRACE_MS = 10_000;
/** A read model of many policies is built anew at each start beside EventStoreDB. */
const LONGEST_CATCHING_UP_MS = 600_000;

/** A server that answers. */
export interface Running {
  readonly started: Started;
  /** Answers what is in flight, ends the streams, then closes the store. */
  readonly stop: () => Promise<void>;
}

type OnFailure = (cause: unknown) => void;

/**
 * Starts the server. Its port comes first, so that nothing is written when it can't be had.
 *
 * @throws CannotStart
 */
export async function start(config: Config, onFailure: OnFailure): Promise<Running> {
  const { host, ports } = config;
  const port = await takeFirstFree({ host, ports, tls: await readTlsFiles(config.tls) });
  try {
    return await startOn(port, { config, onFailure });
  } catch (caught) {
    await port.close({ graceMs: 0 });
    throw caught;
  }
}

type Given = Pick<Parts, 'config' | 'onFailure'>;

async function startOn(port: TakenPort, given: Given): Promise<Running> {
  const { config } = given;
  const page = await pageOf(config);
  await ensureFolder(config.dataFolder);
  const store = await openStore(config.storeUrl);
  try {
    return await startWith(store, port, { ...given, page });
  } catch (caught) {
    await store.close();
    throw caught;
  }
}

async function startWith(
  store: Store,
  port: TakenPort,
  { config, page, onFailure }: Given & Pick<Parts, 'page'>,
): Promise<Running> {
  const { dataFolder, storeUrl } = config;
  const { facts, secrets } = await begin(config);
  const url = config.publicUrl ?? port.url;
  // At once: whatever goes wrong after this, they are not lost.
  if (secrets !== undefined) await writeQuickstart(dataFolder, { url, facts, secrets });
  const organizations = new OrganizationDirectory(facts);
  const policies = await openLoginPolicies({ store, organizations });
  await beginPolicies(policies, { facts, store, storeUrl });
  const assembled = await assemble({ config, facts, organizations, store, policies, page, onFailure });
  port.serve((request, response) => assembled.server.handle(request, response));
  return {
    started: {
      url,
      storeName: withoutSecrets(storeUrl),
      facts,
      secrets,
      secretsFile: quickstartFile(dataFolder),
    },
    stop: () => stop(port, assembled, { policies, store }),
  };
}

interface Beginning {
  readonly facts: IamFacts;
  readonly store: Store;
  readonly storeUrl: string;
}

/**
 * The first use of some stores: only now it turns out that there is none. Nothing is served before the read model has reached
 * the head of the store: until then a custom policy is not known to be there.
 */
async function beginPolicies(policies: LoginPolicies, { facts, store, storeUrl }: Beginning): Promise<void> {
  try {
    await ensureDefaultPolicy(policies, facts.instance.id);
    await policies.readModel.ready({ atLeast: await store.eventStore.head(), waitMs: LONGEST_CATCHING_UP_MS });
  } catch (caught) {
    throw isFault(caught) ? storeFailure(storeUrl, caught) : caught;
  }
}

/** A folder that was named has a page; the one beside the server may not be built yet, which the API does not need. */
async function pageOf({ pageFolder }: Config): Promise<PageFiles> {
  const page = await PageFiles.load(pageFolder ?? PAGE_BESIDE);
  if (page.isThere || pageFolder === undefined) return page;
  throw new CannotStart(`IAM_PAGE names ${pageFolder}, which holds no index.html.`);
}

async function stop(
  port: Pick<TakenPort, 'close'>,
  { server, streams, feed }: Assembled,
  { policies, store }: { readonly policies: LoginPolicies; readonly store: Store },
): Promise<void> {
  // Whoever shares out requests is told first that this server takes no more.
  server.endWatches();
  const answered = port.close({ drainMs: DRAIN_MS, graceMs: GRACE_MS });
  streams.close();
  await answered;
  await feed.close();
  await policies.close();
  await store.close();
}
