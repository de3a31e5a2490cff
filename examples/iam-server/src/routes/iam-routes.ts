import { holdsGrant, type Caller } from '@login-policy/api';
import type { Exchange } from '../http/exchange.js';
import { notAllowed, notSignedIn, wrongVerb } from '../http/refusal.js';
import type { PageFiles } from '../http/page-files.js';
import { sessionOf, type Identify } from '../sessions/identification.js';
import type { Sessions } from '../sessions/sessions.js';
import type { ChangesStreams } from './changes-streams.js';
import type { DirectoryRoutes } from './directory-routes.js';
import type { SessionRoutes } from './session-routes.js';

/** What the server answers itself, besides the API. */
export interface IamRoutesOptions {
  readonly authenticate: Identify;
  readonly sessions: Sessions;
  readonly session: SessionRoutes;
  readonly directory: DirectoryRoutes;
  readonly changes: ChangesStreams;
  readonly page: PageFiles;
}

type Route = (exchange: Exchange) => Promise<void>;

const READ = 'iam.policy.read';

/** Sends a request to its route. */
export class IamRoutes {
  readonly #options: IamRoutesOptions;
  readonly #routes: ReadonlyMap<string, Readonly<Record<string, Route>>>;

  constructor(options: IamRoutesOptions) {
    const { session, directory, changes, sessions } = options;
    this.#options = options;
    this.#routes = new Map<string, Readonly<Record<string, Route>>>([
      [
        '/iam/v1/session',
        {
          GET: (exchange) => session.show(exchange),
          POST: (exchange) => session.signIn(exchange),
          DELETE: (exchange) => session.signOut(exchange),
        },
      ],
      ['/iam/v1/organizations', { GET: this.#forReaders((exchange) => directory.organizations(exchange)) }],
      ['/iam/v1/customized', { GET: this.#forReaders((exchange) => directory.customized(exchange)) }],
      [
        '/iam/v1/changes',
        {
          GET: async (exchange) => {
            // Looked for first: one that ends meanwhile lets nobody in, and is no stream without a session.
            const found = await sessionOf(exchange.headers, sessions);
            const follow = this.#forReaders(async (_, caller) => changes.begin(exchange, caller, found));
            return follow(exchange);
          },
        },
      ],
    ]);
  }

  /** @throws Refusal */
  async answer(exchange: Exchange): Promise<void> {
    const route = this.#routes.get(exchange.path);
    if (route === undefined) return this.#options.page.answer(exchange);
    const act = Object.hasOwn(route, exchange.verb) ? route[exchange.verb] : undefined;
    if (act === undefined) throw wrongVerb(Object.keys(route));
    return act(exchange);
  }

  #forReaders(act: (exchange: Exchange, caller: Caller) => Promise<void>): Route {
    return async (exchange) => {
      const caller = await this.#options.authenticate(exchange.headers);
      if (caller === undefined) throw notSignedIn();
      if (!holdsGrant(caller, READ, { instanceId: caller.instanceId })) throw notAllowed(READ);
      return act(exchange, caller);
    };
  }
}
