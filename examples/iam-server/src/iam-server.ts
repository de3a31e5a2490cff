import { createApi, oneInstance, type Api, type NodeRequest, type NodeResponse } from '@login-policy/api';
import type { LoginPolicies } from '@login-policy/domain';
import { exchangeOf, sendRefusal, type Exchange } from './http/exchange.js';
import { fromAnotherPage, refusalOf } from './http/refusal.js';
import { harden } from './http/security-headers.js';
import type { OrganizationDirectory } from './organization-directory.js';
import { IamRoutes, type IamRoutesOptions } from './routes/iam-routes.js';
import { reliesOnCookie } from './sessions/identification.js';
import { isFromOurPage, isSafe } from './sessions/same-origin.js';

/** What the server is made of. */
export interface IamServerOptions extends IamRoutesOptions {
  readonly instanceId: string;
  readonly policies: LoginPolicies;
  readonly organizations: OrganizationDirectory;
  readonly publicUrl: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** Told of each failure whose cause an answer does not say. */
  readonly onFailure: (cause: unknown) => void;
}

/** Answers everything that comes to the port: the API, the server's own routes, the page. */
export class IamServer {
  readonly #api: Api;
  readonly #routes: IamRoutes;
  readonly #options: IamServerOptions;

  constructor(options: IamServerOptions) {
    const { authenticate, instanceId, organizations, policies, onFailure } = options;
    this.#options = options;
    this.#routes = new IamRoutes(options);
    this.#api = createApi({
      loginPolicies: policies,
      ports: { authenticate, organizations, instanceOf: oneInstance(instanceId) },
      // Its own page is of the same origin.
      origins: options.allowedOrigins,
      onFailure,
    });
  }

  /** Answers a request; never throws. */
  handle(request: NodeRequest, response: NodeResponse): void {
    const exchange = exchangeOf(request, response);
    harden(response);
    if (this.#isForged(exchange)) sendRefusal(exchange, fromAnotherPage());
    else this.#api.handler(request, response, () => this.#answer(exchange));
  }

  /** Ends what would go on for ever: whoever watches the health is told that the server ends. */
  endWatches(): void {
    this.#api.endWatches();
  }

  /** A cookie comes along by itself, so whatever changes something has to come from our page. */
  #isForged({ verb, headers }: Exchange): boolean {
    return !isSafe(verb) && reliesOnCookie(headers) && !isFromOurPage(headers, this.#options.publicUrl);
  }

  #answer(exchange: Exchange): void {
    this.#routes.answer(exchange).catch((caught: unknown) => {
      const refusal = refusalOf(caught);
      if (refusal.cause !== undefined) this.#options.onFailure(refusal.cause);
      sendRefusal(exchange, refusal);
    });
  }
}
