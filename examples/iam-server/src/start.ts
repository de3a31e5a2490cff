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
import { listen, type Listening } from './http/listener.js';
import { PageFiles } from './http/page-files.js';
import { readTlsFiles } from './http/tls-files.js';
import { openStore, storeFailure } from './open-store.js';
import { OrganizationDirectory } from './organization-directory.js';
import { listenForPrograms, tryProgramsPort, type ProgramsPortOptions } from './programs-port.js';

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
 * Starts the server. Ports come first, so that nothing is written when they can't be had.
 *
 * @throws CannotStart
 */
export async function start(config: Config, onFailure: OnFailure): Promise<Running> {
  const { host, ports } = config;
  const tls = await readTlsFiles(config.tls);
  const listening = await listen({ host, ports, variable: 'PORT', tls });
  try {
    return await startOn(listening, { config, tls, onFailure });
  } catch (caught) {
    await listening.close(0);
    throw caught;
  }
}

type Given = Pick<Parts, 'config' | 'onFailure'> & Pick<ProgramsPortOptions, 'tls'>;

async function startOn(listening: Listening, given: Given): Promise<Running> {
  const { config } = given;
  const page = await pageOf(config);
  await tryProgramsPort(config);
  await ensureFolder(config.dataFolder);
  const store = await openStore(config.storeUrl);
  try {
    return await startWith(store, listening, { ...given, page });
  } catch (caught) {
    await store.close();
    throw caught;
  }
}

async function startWith(
  store: Store,
  listening: Listening,
  { config, page, onFailure, tls }: Given & Pick<Parts, 'page'>,
): Promise<Running> {
  const { dataFolder, storeUrl } = config;
  const { facts, secrets } = await begin(config);
  const url = config.publicUrl ?? listening.url;
  // At once: whatever goes wrong after this, they are not lost.
  if (secrets !== undefined) await writeQuickstart(dataFolder, { url, facts, secrets });
  const organizations = new OrganizationDirectory(facts);
  const policies = await openLoginPolicies({ store, organizations });
  await beginPolicies(policies, facts, storeUrl);
  const assembled = await assemble({ config, facts, organizations, store, policies, page, onFailure });
  const instanceId = facts.instance.id;
  const programs = await listenForPrograms({
    config,
    tls,
    instanceId,
    policies,
    organizations,
    authenticate: assembled.authenticate,
    onFailure,
  }).catch(async (caught: unknown) => {
    await end(assembled, policies);
    throw caught;
  });
  listening.serve((request, response) => assembled.server.handle(request, response));
  return {
    started: {
      url,
      apiUrl: programs?.url,
      storeName: withoutSecrets(storeUrl),
      facts,
      secrets,
      secretsFile: quickstartFile(dataFolder),
    },
    stop: () => stop([listening, ...(programs === undefined ? [] : [programs])], assembled, { policies, store }),
  };
}

/** The first use of some stores: only now it turns out that there is none. */
async function beginPolicies(policies: LoginPolicies, { instance }: IamFacts, storeUrl: string): Promise<void> {
  try {
    await ensureDefaultPolicy(policies, instance.id);
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
  ports: readonly Pick<Listening, 'close'>[],
  { server, streams, feed }: Assembled,
  { policies, store }: { readonly policies: LoginPolicies; readonly store: Store },
): Promise<void> {
  const answered = Promise.all(ports.map((port) => port.close(GRACE_MS)));
  streams.close();
  server.endWatches();
  await answered;
  await end({ feed }, policies);
  await store.close();
}

/** Ends what looks at the store in the background. */
async function end({ feed }: Pick<Assembled, 'feed'>, policies: LoginPolicies): Promise<void> {
  await feed.close();
  await policies.close();
}
