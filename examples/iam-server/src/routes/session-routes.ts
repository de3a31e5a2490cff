import { z } from 'zod';
import { DEVICE_SECONDS, deviceOf, knownDevice } from '../accounts/devices.js';
import type { Passwords } from '../accounts/passwords.js';
import { permissionsOf } from '../accounts/roles.js';
import type { Attempt, SignInAttempts } from '../accounts/sign-in-attempts.js';
import type { Instance, Instances } from '../accounts/instances.js';
import type { User } from '../data/iam-facts.js';
import { networkOf, readJson, sendJson, sendNothing, type Exchange } from '../http/exchange.js';
import { fromAnotherPage, noInstance, tooManyTries, wrongPassword } from '../http/refusal.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { cookieOf, type Cookie, type Transport } from '../sessions/cookies.js';
import type { Identification } from '../sessions/identification.js';
import { isFromAnotherPage } from '../sessions/same-origin.js';
import { SESSION_SECONDS, type Session, type Sessions } from '../sessions/sessions.js';

/** What signing in and out needs. */
export interface SessionRoutesOptions {
  readonly instances: Instances;
  readonly attempts: SignInAttempts;
  readonly passwords: Passwords;
  readonly sessions: Sessions;
  readonly identification: Identification;
  readonly publicUrl: string | undefined;
  readonly isBehindProxy: boolean;
  readonly transport: Transport;
  readonly log: Log;
  readonly metrics: Metrics;
}

const credentials = z.strictObject({ name: z.string().min(1).max(200), password: z.string().min(1).max(1000) });
type Credentials = z.infer<typeof credentials>;

/** Signs in, says who is signed in, signs out. */
export class SessionRoutes {
  readonly #options: SessionRoutesOptions;

  constructor(options: SessionRoutesOptions) {
    this.#options = options;
  }

  /** @throws Refusal */
  async signIn(exchange: Exchange): Promise<void> {
    const { identification, publicUrl, sessions, instances } = this.#options;
    // Else a page of another site could sign a browser in as somebody of its own.
    if (isFromAnotherPage(exchange.headers, publicUrl)) throw fromAnotherPage();
    const given = await readJson(exchange, credentials);
    await instances.refresh();
    const instance = this.#instanceOf(exchange);
    const user = await this.#recognise(exchange, instance, given);
    const session = await sessions.begin(instance, user);
    if (session === undefined) throw wrongPassword();
    const earlier = await identification.sessionOf(exchange.headers);
    if (earlier !== undefined) await sessions.end(earlier);
    sendJson(exchange, describe(instance, session), {
      'set-cookie': [
        this.#cookie('session', instance).set(session.token, SESSION_SECONDS),
        this.#cookie('device', instance).set(deviceOf(user), DEVICE_SECONDS),
      ],
    });
  }

  /** That nobody is signed in is an answer, 204: whoever comes for the first time asks, and a browser logs each refusal. */
  async show(exchange: Exchange): Promise<void> {
    const session = await this.#options.identification.sessionOf(exchange.headers);
    if (session === undefined) sendNothing(exchange);
    else sendJson(exchange, describe(this.#instanceOf(exchange), session));
  }

  /** Signing out is never refused: who is not signed in is as they want to be. */
  async signOut(exchange: Exchange): Promise<void> {
    const { identification, log, sessions } = this.#options;
    const session = await identification.sessionOf(exchange.headers);
    if (session !== undefined) {
      await sessions.end(session);
      log.note('info', 'Somebody signed out.', { requestId: exchange.requestId, user: session.user.id });
    }
    sendNothing(exchange, { 'set-cookie': this.#cookie('session', this.#instanceOf(exchange)).set('', 0) });
  }

  async #recognise(exchange: Exchange, instance: Instance, { name, password }: Credentials): Promise<User> {
    const { attempts, isBehindProxy, passwords } = this.#options;
    const named = instance.user('name', name);
    const network = networkOf(exchange, isBehindProxy);
    const device = knownDevice(this.#cookie('device', instance).in(exchange.headers), named);
    const attempt: Attempt = { name: `${instance.id} ${name}`, network, device };
    const refused = await attempts.begin(attempt);
    if (refused !== undefined) {
      this.#note(exchange, 'throttled', network);
      throw tooManyTries(refused.waitSeconds);
    }
    let isRight = false;
    try {
      isRight = await passwords.isPasswordOf(named, password);
    } finally {
      attempts.end(attempt, isRight ? 'right' : 'wrong');
    }
    this.#note(exchange, isRight ? 'right' : 'wrong', network);
    if (named === undefined || !isRight) throw wrongPassword();
    return named;
  }

  /** The name is not logged: people type passwords into the wrong field. */
  #note({ requestId }: Exchange, outcome: 'right' | 'wrong' | 'throttled', network: string): void {
    const { log, metrics } = this.#options;
    metrics.count('iam_sign_ins_total', { outcome });
    log.note(outcome === 'right' ? 'info' : 'warn', `A sign-in was ${outcome}.`, { requestId, network });
  }

  #cookie(kind: 'session' | 'device', { id }: Instance): Cookie {
    return cookieOf(kind, id, this.#options.transport);
  }

  #instanceOf({ headers }: Exchange): Instance {
    const instance = this.#options.instances.of(headers);
    if (instance === undefined) throw noInstance();
    return instance;
  }
}

function describe(instance: Instance, { user: { id, name, role }, expiresAt }: Session): object {
  return {
    user: { id, name, role, permissions: permissionsOf[role] },
    instance: { id: instance.id, name: instance.name },
    expiresAt: expiresAt.toISOString(),
  };
}
