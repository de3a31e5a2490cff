import { fileURLToPath } from 'node:url';
import type { LoginPolicies } from '@login-policy/domain';
import { openLoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import type { Started } from './announcement.js';
import { assemble, type Assembled, type Parts } from './assembly.js';
import { CannotStart, withoutSecrets, type Config } from './config.js';
import { begin, ensureDefaultPolicy } from './data/first-start.js';
import { ensureFolder } from './data/private-file.js';
import { quickstartFile, writeQuickstart } from './data/quickstart.js';
import { listen, type Listening } from './http/listener.js';
import { PageFiles } from './http/page-files.js';
import { readTlsFiles } from './http/tls-files.js';
import { openStore } from './open-store.js';
import { OrganizationDirectory } from './organization-directory.js';

const PAGE_BESIDE = fileURLToPath(new URL('../page/dist', import.meta.url));
const GRACE_MS = 10_000;

/** A server that answers. */
export interface Running {
  readonly started: Started;
  /** Answers what is in flight, ends the streams, then closes the store. */
  readonly stop: () => Promise<void>;
}

type OnFailure = (cause: unknown) => void;

/**
 * Starts the server. The port is taken first, so that nothing is written when it can't be had.
 *
 * @throws CannotStart
 */
export async function start(config: Config, onFailure: OnFailure): Promise<Running> {
  const { host, ports } = config;
  const listening = await listen({ host, ports, tls: await readTlsFiles(config.tls) });
  try {
    return await startOn(listening, config, onFailure);
  } catch (caught) {
    await listening.close(0);
    throw caught;
  }
}

async function startOn(listening: Listening, config: Config, onFailure: OnFailure): Promise<Running> {
  const page = await pageOf(config);
  await ensureFolder(config.dataFolder);
  const store = await openStore(config.storeUrl);
  try {
    return await startWith(store, listening, { config, page, onFailure });
  } catch (caught) {
    await store.close();
    throw caught;
  }
}

async function startWith(
  store: Store,
  listening: Listening,
  { config, page, onFailure }: Pick<Parts, 'config' | 'page' | 'onFailure'>,
): Promise<Running> {
  const { dataFolder, storeUrl } = config;
  const { facts, secrets } = await begin(config);
  const organizations = new OrganizationDirectory(facts);
  const policies = await openLoginPolicies({ store, organizations });
  await ensureDefaultPolicy(policies, facts.instance.id);
  const assembled = await assemble({ config, facts, organizations, store, policies, page, onFailure });
  const url = config.publicUrl ?? listening.url;
  if (secrets !== undefined) await writeQuickstart(dataFolder, { url, facts, secrets });
  listening.serve((request, response) => assembled.server.handle(request, response));
  return {
    started: { url, storeName: withoutSecrets(storeUrl), facts, secrets, secretsFile: quickstartFile(dataFolder) },
    stop: () => stop(listening, assembled, { policies, store }),
  };
}

/** A folder that was named has a page; the one beside the server may not be built yet, which the API does not need. */
async function pageOf({ pageFolder }: Config): Promise<PageFiles> {
  const page = await PageFiles.load(pageFolder ?? PAGE_BESIDE);
  if (page.isThere || pageFolder === undefined) return page;
  throw new CannotStart(`IAM_PAGE names ${pageFolder}, which holds no index.html.`);
}

async function stop(
  listening: Listening,
  { streams, feed }: Assembled,
  { policies, store }: { readonly policies: LoginPolicies; readonly store: Store },
): Promise<void> {
  const answered = listening.close(GRACE_MS);
  streams.close();
  await answered;
  await feed.close();
  await policies.close();
  await store.close();
}
