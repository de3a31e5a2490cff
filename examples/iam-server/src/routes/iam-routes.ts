import { holdsGrant } from '@login-policy/api';
import type { LoginPolicies } from '@login-policy/domain';
import { sendJson, type Exchange } from '../http/exchange.js';
import { notAllowed, notSignedIn, wrongVerb } from '../http/refusal.js';
import type { PageFiles } from '../http/page-files.js';
import type { Metrics } from '../metrics.js';
import type { Identification, Recognised } from '../sessions/identification.js';
import type { ChangesStreams } from './changes-streams.js';
import type { DirectoryRoutes } from './directory-routes.js';
import type { PasskeyRoutes } from './passkey-routes.js';
import type { OrganizationTableRoute } from './organization-table-route.js';
import type { SessionRoutes } from './session-routes.js';
import type { UserRoutes } from './user-routes.js';
import type { WebhookRoutes } from './webhook-routes.js';

/** The server's own routes, besides the API. */
export interface IamRoutesOptions {
  readonly identification: Identification;
  readonly session: SessionRoutes;
  readonly passkeys: PasskeyRoutes;
  readonly directory: DirectoryRoutes;
  readonly table: OrganizationTableRoute;
  readonly users: UserRoutes;
  readonly changes: ChangesStreams;
  readonly webhooks: WebhookRoutes;
  readonly readModel: Pick<LoginPolicies['readModel'], 'lag' | 'state'>;
  readonly metrics: Metrics;
  readonly page: PageFiles;
}

type Route = (exchange: Exchange) => Promise<void>;
type ForReaders = (exchange: Exchange, recognised: Recognised) => Promise<void>;

const READ = 'iam.policy.read';
const LAG_WITHIN_MS = 5_000;

/** Dispatches a request to its route. */
export class IamRoutes {
  readonly #options: IamRoutesOptions;
  readonly #routes: ReadonlyMap<string, Readonly<Record<string, Route>>>;

  constructor(options: IamRoutesOptions) {
    const { session, passkeys, directory, table, users, changes, webhooks } = options;
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
      ['/iam/v1/session/passkey', { POST: (exchange) => session.signInByPasskey(exchange) }],
      ['/iam/v1/session/passkey/options', { POST: (exchange) => passkeys.beginToSignIn(exchange) }],
      [
        '/iam/v1/passkeys',
        {
          GET: (exchange) => passkeys.list(exchange),
          POST: (exchange) => passkeys.add(exchange),
        },
      ],
      ['/iam/v1/passkeys/removal', { POST: (exchange) => passkeys.remove(exchange) }],
      ['/iam/v1/passkeys/options', { POST: (exchange) => passkeys.beginToAdd(exchange) }],
      ['/iam/v1/organizations', this.#forReaders((exchange) => directory.organizations(exchange))],
      ['/iam/v1/customized', this.#forReaders((exchange, { caller }) => directory.customized(exchange, caller))],
      [
        '/iam/v1/identity-providers',
        this.#forReaders((exchange, { caller }) => directory.identityProviders(exchange, caller)),
      ],
      ['/iam/v1/organization-policies', this.#forReaders((exchange, { caller }) => table.show(exchange, caller))],
      ['/iam/v1/users', this.#forReaders((exchange, { caller }) => users.list(exchange, caller))],
      ['/iam/v1/user', this.#forReaders((exchange, { caller }) => users.show(exchange, caller))],
      ['/iam/v1/changes', this.#forReaders((exchange, recognised) => changes.begin(exchange, recognised))],
      ['/iam/v1/webhooks', this.#forReaders(async (exchange, { caller }) => webhooks.show(exchange, caller))],
      ['/iam/v1/read-model', this.#forReaders((exchange) => this.#readModel(exchange))],
      ['/metrics', this.#forReaders((exchange, { caller }) => this.#metrics(exchange, caller.instanceId))],
    ]);
  }

  /** Whether a path belongs to the server itself and not to the page. */
  knows(path: string): boolean {
    return this.#routes.has(path);
  }

  /** Handles HEAD as GET; Node drops the body. @throws Refusal */
  async answer(exchange: Exchange): Promise<void> {
    const { path, verb } = exchange;
    const route = this.#routes.get(path);
    if (route === undefined) return this.#options.page.answer(exchange);
    const asked = verb === 'HEAD' ? 'GET' : verb;
    const act = Object.hasOwn(route, asked) ? route[asked] : undefined;
    if (act === undefined)
      throw wrongVerb(Object.keys(route).flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one)));
    return act(exchange);
  }

  #forReaders(act: ForReaders): { readonly GET: Route } {
    return {
      GET: async (exchange) => {
        const recognised = await this.#options.identification.recognise(exchange.headers);
        if (recognised === undefined) throw notSignedIn();
        const { caller } = recognised;
        if (!holdsGrant(caller, READ, { instanceId: caller.instanceId })) throw notAllowed(READ);
        return act(exchange, recognised);
      },
    };
  }

  /** Whether the rows that lists and counts are read from follow the events, and how far they lag. */
  async #readModel(exchange: Exchange): Promise<void> {
    const { readModel } = this.#options;
    const { events, seconds } = await readModel.lag(AbortSignal.timeout(LAG_WITHIN_MS));
    sendJson(exchange, { state: readModel.state.is, events, seconds });
  }

  async #metrics({ response }: Exchange, instanceId: string): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(this.#options.metrics.text(instanceId));
  }
}
