import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.js';
import { permissionsOf } from '../accounts/roles.js';
import type { SignInAttempts } from '../accounts/sign-in-attempts.js';
import type { IamFacts, User } from '../data/iam-facts.js';
import { readJson, sendJson, sendNothing, type Exchange } from '../http/exchange.js';
import { fromAnotherPage, tooManyTries, wrongPassword } from '../http/refusal.js';
import { sessionOf } from '../sessions/identification.js';
import { isFromAnotherPage } from '../sessions/same-origin.js';
import { forgetCookie, keepCookie } from '../sessions/session-cookie.js';
import type { Session, Sessions } from '../sessions/sessions.js';

/** What signing in and out needs. */
export interface SessionRoutesOptions {
  readonly instance: IamFacts['instance'];
  readonly accounts: Accounts;
  readonly attempts: SignInAttempts;
  readonly sessions: Sessions;
  readonly publicUrl: string | undefined;
  /** How browsers reach the server: over TLS, a cookie is never sent without it. */
  readonly transport: 'http' | 'https';
}

const credentials = z.strictObject({ name: z.string().min(1).max(200), password: z.string().min(1).max(1000) });

/** Signs in, says who is signed in, signs out. */
export class SessionRoutes {
  readonly #options: SessionRoutesOptions;

  constructor(options: SessionRoutesOptions) {
    this.#options = options;
  }

  /** @throws Refusal */
  async signIn(exchange: Exchange): Promise<void> {
    const { publicUrl, sessions, transport } = this.#options;
    // Else a page of another site could sign a browser in as somebody of its own.
    if (isFromAnotherPage(exchange.headers, publicUrl)) throw fromAnotherPage();
    const user = await this.#recognise(await readJson(exchange, credentials));
    const earlier = await sessionOf(exchange.headers, sessions);
    if (earlier !== undefined) await sessions.end(earlier.id);
    const { token, session } = await sessions.begin(user);
    sendJson(exchange, this.#describe(session), { 'set-cookie': keepCookie(token, transport) });
  }

  /** That nobody is signed in is an answer, 204: whoever comes for the first time asks, and a browser logs each refusal. */
  async show(exchange: Exchange): Promise<void> {
    const session = await sessionOf(exchange.headers, this.#options.sessions);
    if (session === undefined) sendNothing(exchange);
    else sendJson(exchange, this.#describe(session));
  }

  /** Signing out is never refused: who is not signed in is as he wants to be. */
  async signOut(exchange: Exchange): Promise<void> {
    const { sessions, transport } = this.#options;
    const session = await sessionOf(exchange.headers, sessions);
    if (session !== undefined) await sessions.end(session.id);
    sendNothing(exchange, { 'set-cookie': forgetCookie(transport) });
  }

  async #recognise({ name, password }: z.infer<typeof credentials>): Promise<User> {
    const { accounts, attempts } = this.#options;
    const refused = await attempts.begin(name);
    if (refused !== undefined) throw tooManyTries(refused.waitSeconds);
    let user: User | undefined;
    try {
      user = await accounts.recognise(name, password);
    } finally {
      attempts.end(name, user === undefined ? 'wrong' : 'right');
    }
    if (user === undefined) throw wrongPassword();
    return user;
  }

  #describe({ user: { id, name, role }, expiresAt }: Session): object {
    const { instance } = this.#options;
    return {
      user: { id, name, role, permissions: permissionsOf[role] },
      instance: { id: instance.id, name: instance.name },
      expiresAt: expiresAt.toISOString(),
    };
  }
}
