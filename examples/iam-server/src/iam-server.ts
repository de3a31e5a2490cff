import { createApi, type AccessEntry, type Api, type NodeRequest, type NodeResponse } from '@login-policy/api';
import type { LoginPolicies } from '@login-policy/domain';
import type { AuditLog } from '@login-policy/domain/audit';
import type { People } from '@login-policy/domain/people';
import type { Proposals } from '@login-policy/proposals';
import type { Instances } from './accounts/instances.js';
import type { Level } from './config.js';
import { exchangeOf, sendRefusal, type Exchange } from './http/exchange.js';
import { fromAnotherPage, refusalOf, storeAway } from './http/refusal.js';
import { harden } from './http/security-headers.js';
import type { Log } from './log.js';
import { IamRoutes, type IamRoutesOptions } from './routes/iam-routes.js';
import type { Transport } from './sessions/cookies.js';
import type { RecordedSignIns } from './sign-ins/recorded-sign-ins.js';
import { isFromOurPage, isSafe } from './sessions/same-origin.js';

/** The parts of the server. */
export interface IamServerOptions extends IamRoutesOptions {
  readonly policies: LoginPolicies;
  readonly auditLog: AuditLog;
  readonly people: People;
  readonly proposals: Proposals;
  readonly needsFourEyes: boolean;
  /** Absent: sign-ins are not recorded. */
  readonly signIns: RecordedSignIns | undefined;
  readonly instances: Instances;
  readonly publicUrl: string | undefined;
  readonly allowedOrigins: readonly string[];
  readonly transport: Transport;
  readonly isStoreUp: () => boolean;
  readonly log: Log;
}

type Seen = Pick<
  AccessEntry,
  'durationMs' | 'httpStatus' | 'instanceId' | 'path' | 'refusal' | 'requestId' | 'verb'
> & {
  readonly protocol: string;
};

const OF_NOTE = new Set([401, 403, 429, 503, 504]);

/** Handles all requests of the port: the API, the server's own routes, the page. */
export class IamServer {
  readonly #api: Api;
  readonly #routes: IamRoutes;
  readonly #options: IamServerOptions;
  readonly #open = new Set<NodeResponse>();

  constructor(options: IamServerOptions) {
    const { auditLog, identification, log, metrics, people, policies, instances, signIns } = options;
    this.#options = options;
    this.#routes = new IamRoutes(options);
    metrics.watch('iam_requests_in_flight', () => this.#open.size);
    this.#api = createApi({
      loginPolicies: policies,
      ...{ auditLog, people },
      proposals: options.proposals,
      demandsApproval: options.needsFourEyes,
      ...(signIns !== undefined && { signIns: (_, span) => signIns.sources(span) }),
      ports: {
        authenticate: async (headers) => (await identification.recognise(headers))?.caller,
        organizations: instances,
        instanceOf: async (headers) => (await instances.find(headers))?.id,
      },
      // The server's own page has the same origin.
      origins: options.allowedOrigins,
      onAnswered: (entry) => this.#note(entry),
      onFailure: (cause, requestId) => log.failure(cause, { requestId }),
    });
  }

  /** The number of pending answers, without streams. */
  get unanswered(): number {
    return this.#open.size - this.#options.changes.count;
  }

  /** Handles a request; never throws. */
  handle(request: NodeRequest, response: NodeResponse): void {
    const exchange = exchangeOf(request, response);
    this.#open.add(response);
    exchange.onGone(() => this.#open.delete(response));
    harden(response, this.#options.transport);
    // Uses the last known state: asking a store that does not answer would delay the operator's probe.
    const isNotReady = exchange.path === '/debug/ready' && !this.#options.isStoreUp();
    if (isNotReady) sendRefusal(exchange, storeAway());
    else if (this.#isForged(exchange)) this.#refuse(exchange, performance.now(), fromAnotherPage());
    else this.#api.handler(request, response, () => this.#answer(exchange));
  }

  /** Reports from now on that it is not ready, and ends streaming answers. */
  endWatches(): void {
    this.#api.endWatches();
    // The port tells later clients.
    for (const response of this.#open) if ('shouldKeepAlive' in response) response.shouldKeepAlive = false;
  }

  /** Browsers send cookies automatically, so a change must come from our own page. */
  #isForged({ verb, headers }: Exchange): boolean {
    const { identification, publicUrl } = this.#options;
    return !isSafe(verb) && identification.reliesOnCookie(headers) && !isFromOurPage(headers, publicUrl);
  }

  #answer(exchange: Exchange): void {
    const began = performance.now();
    exchange.response.setHeader('x-request-id', exchange.requestId);
    this.#routes.answer(exchange).then(
      () => {
        if (this.#routes.knows(exchange.path)) this.#seen(exchange, began, undefined);
      },
      (caught: unknown) => this.#refuse(exchange, began, caught),
    );
  }

  #refuse(exchange: Exchange, began: number, caught: unknown): void {
    const refusal = refusalOf(caught);
    const { requestId } = exchange;
    if (refusal.cause !== undefined) this.#options.log.failure(refusal.cause, { requestId });
    exchange.response.setHeader('x-request-id', requestId);
    sendRefusal(exchange, refusal);
    this.#seen(exchange, began, refusal.content.id);
  }

  #seen({ headers, path, requestId, response, verb }: Exchange, began: number, refusal: string | undefined): void {
    const durationMs = performance.now() - began;
    const instanceId = this.#options.instances.of(headers)?.id;
    this.#note({
      requestId,
      protocol: 'own',
      verb,
      path,
      instanceId,
      httpStatus: response.statusCode,
      refusal,
      durationMs,
    });
  }

  /** Logs one line per request, except for frequent health probes. */
  #note({ path, httpStatus, durationMs, instanceId, protocol, verb, refusal, requestId }: Seen): void {
    const { log, metrics } = this.#options;
    metrics.count('iam_requests_total', { labels: { protocol, status: httpStatus }, instanceId });
    metrics.count('iam_request_seconds_total', { labels: { protocol }, instanceId, by: durationMs / 1000 });
    if (path.startsWith('/debug/') || path === '/metrics') return;
    const facts = { requestId, protocol, status: httpStatus, refusal, ms: Math.round(durationMs) };
    log.note(levelOf(httpStatus), `${verb} ${path.slice(0, 200)}`, facts);
  }
}

/** Whether an error needs an operator's attention; any stranger can cause 501 and 504. */
function levelOf(status: number): Level {
  if (status === 500) return 'error';
  return OF_NOTE.has(status) ? 'warn' : 'info';
}
