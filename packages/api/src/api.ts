import { setMaxListeners } from 'node:events';
import { DirectCommands } from './calls/direct-commands.js';
import { Pipeline } from './calls/pipeline.js';
import { PolicyAnswers } from './calls/policy-answers.js';
import { servedMethods } from './calls/served-methods.js';
import { openApiDocument } from './openapi/document.js';
import type { Schema } from './openapi/schemas.js';
import { holdsGrant } from './ports/caller.js';
import { auditRoutes } from './rest/audit-routes.js';
import { proposalRoutes } from './rest/proposal-routes.js';
import { customizeRoute } from './rest/customize-route.js';
import { customPoliciesRoute, onDefaultRoute } from './rest/organizations-routes.js';
import { diffRoute } from './rest/diff-route.js';
import { executeRoute } from './rest/execute-route.js';
import { historyRoute } from './rest/history-route.js';
import { bindOwnRoutes, type OwnRoute } from './rest/own-route.js';
import { evaluateSignInRoute } from './rest/evaluate-sign-in-route.js';
import { permissionsRoute } from './rest/permissions-route.js';
import { analysisRoute } from './rest/analysis-route.js';
import { backtestRoute } from './rest/backtest-route.js';
import { populationRoute } from './rest/population-route.js';
import { previewRoute } from './rest/preview-route.js';
import { methodTarget, type RestTarget } from './rest/rest-target.js';
import { revertRoute } from './rest/revert-route.js';
import { planRolloutRoute, revertRolloutRoute, rolloutRoute, rollOutRoute } from './rest/rollout-routes.js';
import { wholePoliciesRoute, wholePolicyRoute } from './rest/whole-routes.js';
import { Router } from './rest/router.js';
import { grpcHealth } from './rpc/grpc-health.js';
import { rpcProtocol } from './rpc/rpc-protocol.js';
import type { NodeRequest, NodeResponse } from './port/on-request.js';
import { parseApiOptions, type ApiOptions } from './options.js';
import { parseCloseOptions, type CloseOptions, type PortOptions } from './port/port-options.js';
import { openPort, type OpenPort } from './port/port.js';
import { asError } from './port/destroy-on-error.js';
import { dispatch, isServed, type Protocols } from './server/dispatch.js';
import type { Exchange } from './server/exchange.js';
import { FetchExchange, type FetchOptions } from './server/fetch-exchange.js';
import { NodeExchange } from './server/node-exchange.js';
import { openPages } from './server/open-pages.js';
import { ReadinessProbe, type Readiness } from './server/readiness.js';

/** The API of the login policies: a handler to mount in a server, or a port of its own. */
export interface Api {
  /**
   * Handles a request of Node's HTTP/1.1 or HTTP/2 servers. Other paths are passed to `next`; without it they get 404.
   */
  readonly handler: (request: NodeRequest, response: NodeResponse, next?: () => void) => void;
  /**
   * Handles a request of a server with the `fetch` interface: Hono, Next, Bun, Deno, cloud functions. Supports all
   * protocols except gRPC, which needs trailers. Rejects only when a hook throws.
   */
  readonly fetch: (request: Request, options?: FetchOptions) => Promise<Response>;
  /**
   * Reports from now on that it is not ready, and ends the streaming answers of `handler`, which are health watches.
   * Call it before the server closes that the API is mounted in. Over `listen`, `close` does both.
   */
  readonly endWatches: () => void;
  /**
   * Listens on a port. When the last one begins to close, the API reports that it is not ready: pass `close` a
   * `drainMs` that gives clients time to notice.
   *
   * @throws Error of Node's when the port is not available.
   */
  readonly listen: (options: PortOptions) => Promise<OpenPort>;
  /** Whether the API can answer, and how far the read model lags. */
  readonly readiness: () => Promise<Readiness>;
  /** The OpenAPI 3.1 document of the REST routes, except for this document and `/debug/…`. */
  readonly openApi: Schema;
}

/**
 * Creates the API. It opens and closes nothing: the login policies and their store stay with the program that opened
 * them.
 *
 * @throws RangeError that names an unknown or malformed option.
 */
export function createApi(given: ApiOptions): Api {
  const options = parseApiOptions(given);
  const probe = new ReadinessProbe(options.loginPolicies, options.maxSecondsBehind ?? 30);
  const { openApi, protocols } = assemble(options, probe);
  const answer = (exchange: Exchange, next?: () => unknown): void => {
    if (next !== undefined && !isServed(protocols, exchange)) next();
    // Rejects only when a hook throws, which ends the connection and not the process.
    else answerInHook(protocols, exchange).catch((defect: unknown) => exchange.destroy(asError(defect)));
  };
  const shared = {
    limits: { maxBytes: options.maxBodyBytes ?? 262_144, timeoutMs: options.bodyTimeoutMs ?? 10_000 },
    hooks: options,
    origins: options.origins ?? [],
  };
  const handlerOf: HandlerOf = (ending) => {
    const settings = { ...shared, ending };
    return (request, response, next) => answer(new NodeExchange(request, response, settings), next);
  };
  const ending = newEnding();
  return {
    handler: handlerOf(ending.signal),
    fetch: async (request, fetchOptions = {}) => {
      const exchange = new FetchExchange(request, fetchOptions, { ...shared, ending: ending.signal });
      const { next } = fetchOptions;
      let isForNext = false;
      answer(exchange, next && (() => (isForNext = true)));
      return next !== undefined && isForNext ? next() : exchange.response;
    },
    endWatches: () => {
      probe.end();
      ending.abort();
    },
    listen: (portOptions) => listen(handlerOf, probe, portOptions),
    readiness: () => probe.readiness(),
    openApi,
  };
}

/** Runs a request inside the `around` hook: once, however often the hook calls `answer`. */
async function answerInHook(protocols: Protocols, exchange: Exchange): Promise<void> {
  const { around } = exchange.settings.hooks;
  if (around === undefined) return dispatch(protocols, exchange);
  let answering: Promise<void> | undefined;
  const answer = (): Promise<void> => {
    answering ??= dispatch(protocols, exchange);
    // Thrown below, unless `around` fails first.
    answering.catch(() => undefined);
    return answering;
  };
  await around(exchange, exchange.requestId, answer);
  if (answering === undefined) throw new Error('around did not call answer');
  return answering;
}

/** Makes the controller whose signal ends streaming answers. Each watch listens to it. */
function newEnding(): AbortController {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  return ending;
}

/** Makes a handler whose streaming answers end with the given signal. */
type HandlerOf = (ending: AbortSignal) => Api['handler'];

/** Opens a port with only the API. Its health watches end when it closes. */
async function listen(handlerOf: HandlerOf, probe: ReadinessProbe, portOptions: PortOptions): Promise<OpenPort> {
  const ending = newEnding();
  const port = await openPort(handlerOf(ending.signal), portOptions);
  const unregister = probe.registerPort();
  let closing: Promise<void> | undefined;
  const end = (how: CloseOptions): Promise<void> => {
    unregister();
    ending.abort();
    return port.close(how);
  };
  return {
    ...port,
    close: async (how = {}) => {
      const parsed = parseCloseOptions(how);
      await (closing ??= end(parsed));
    },
  };
}

const OWN_ROUTES: readonly OwnRoute[] = [
  historyRoute,
  previewRoute,
  diffRoute,
  analysisRoute,
  revertRoute,
  customizeRoute,
  evaluateSignInRoute,
  customPoliciesRoute,
  onDefaultRoute,
  planRolloutRoute,
  rollOutRoute,
  rolloutRoute,
  revertRolloutRoute,
  executeRoute,
  wholePolicyRoute,
  wholePoliciesRoute,
  permissionsRoute,
];

function assemble(
  {
    loginPolicies: policies,
    auditLog,
    proposals,
    people,
    demandsApproval = true,
    signIns,
    ports,
    absent,
    operational = { prefix: '' },
    unknownNames = 'refuse',
  }: ApiOptions,
  probe: ReadinessProbe,
): { readonly protocols: Protocols; readonly openApi: Schema } {
  const pipeline = new Pipeline({ isAllowed: holdsGrant, ...ports });
  const answers = new PolicyAnswers(absent ?? 'page');
  const commands = new DirectCommands(policies, demandsApproval ? proposals : undefined);
  const served = servedMethods({ policies, answers, auditLog, commands });
  const routes = [
    ...OWN_ROUTES,
    ...(auditLog === undefined ? [] : auditRoutes(auditLog)),
    ...(proposals === undefined ? [] : proposalRoutes(proposals)),
    ...(people === undefined ? [] : [populationRoute(people)]),
    ...(signIns === undefined ? [] : [backtestRoute(signIns)]),
  ];
  const own = bindOwnRoutes(routes, { policies, answers, commands, served, unknownNames });
  const rpc = rpcProtocol(served, pipeline, unknownNames);
  const router = new Router<RestTarget>();
  for (const method of served) {
    const { path, verb } = method.contract.route;
    router.add(verb, path, methodTarget(method, unknownNames));
  }
  for (const { verb, path, target } of own) router.add(verb, path, target);
  const openApi = openApiDocument(served, own);
  const pages = operational === false ? {} : openPages(probe, openApi, operational.prefix);
  for (const [path, target] of Object.entries(pages)) router.add('GET', path, target);
  const health = operational === false ? undefined : grpcHealth(rpc, probe);
  return { protocols: { health, rpc, rest: router, pipeline }, openApi };
}
