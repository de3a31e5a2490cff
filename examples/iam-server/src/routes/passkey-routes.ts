import { z } from 'zod';
import type { Instance, Instances } from '../accounts/instances.js';
import { readJson, sendJson, sendNothing, type Exchange } from '../http/exchange.js';
import {
  noInstance,
  notSignedIn,
  noSuchPasskey,
  passkeyRefused,
  passkeysNeedAName,
  signInAgain,
} from '../http/refusal.js';
import type { Log } from '../log.js';
import { registrationAnswer } from '../passkeys/passkey-answers.js';
import type { Passkeys } from '../passkeys/passkeys.js';
import { relyingPartyOf, type RelyingParty } from '../passkeys/relying-party.js';
import type { Identification } from '../sessions/identification.js';
import type { Session } from '../sessions/sessions.js';

/** How long after the sign-in a session may change its user's sign-in methods, so that a session stolen later can't. */
const FRESH_MS = 600_000;

/** The parts of the passkey routes. */
export interface PasskeyRoutesOptions {
  readonly instances: Instances;
  readonly identification: Identification;
  readonly passkeys: Passkeys;
  readonly publicUrl: string | undefined;
  readonly log: Log;
}

const removal = z.strictObject({ id: z.string().max(1400) });

/** Lists, adds and removes the passkeys of the signed-in user, and begins a sign-in with one. */
export class PasskeyRoutes {
  readonly #options: PasskeyRoutesOptions;

  constructor(options: PasskeyRoutesOptions) {
    this.#options = options;
  }

  /** @throws Refusal */
  async list(exchange: Exchange): Promise<void> {
    const { instance, session } = await this.#signedIn(exchange);
    sendJson(exchange, { passkeys: await this.#options.passkeys.list({ instance, user: session.user }) });
  }

  /** The options for `navigator.credentials.create`. @throws Refusal */
  async beginToAdd(exchange: Exchange): Promise<void> {
    const { instance, user } = await this.#freshlySignedIn(exchange);
    sendJson(exchange, await this.#options.passkeys.creationOptions(this.#party(exchange), { instance, user }));
  }

  /** @throws Refusal */
  async add(exchange: Exchange): Promise<void> {
    const owner = await this.#freshlySignedIn(exchange);
    const answer = await readJson(exchange, registrationAnswer);
    if (!(await this.#options.passkeys.add(this.#party(exchange), owner, answer))) throw passkeyRefused();
    this.#note(exchange, 'A passkey was added.', owner.user.id);
    sendNothing(exchange);
  }

  /** @throws Refusal */
  async remove(exchange: Exchange): Promise<void> {
    const owner = await this.#freshlySignedIn(exchange);
    const { id } = await readJson(exchange, removal);
    if (!(await this.#options.passkeys.remove(owner, id))) throw noSuchPasskey();
    this.#note(exchange, 'A passkey was removed.', owner.user.id);
    sendNothing(exchange);
  }

  /** The options for `navigator.credentials.get`. @throws Refusal */
  async beginToSignIn(exchange: Exchange): Promise<void> {
    await this.#options.instances.find(exchange.headers);
    const instance = this.#instanceOf(exchange);
    sendJson(exchange, await this.#options.passkeys.requestOptions(this.#party(exchange), instance));
  }

  async #signedIn(exchange: Exchange): Promise<{ readonly instance: Instance; readonly session: Session }> {
    const session = await this.#options.identification.sessionOf(exchange.headers);
    if (session === undefined) throw notSignedIn();
    return { instance: this.#instanceOf(exchange), session };
  }

  async #freshlySignedIn(exchange: Exchange): Promise<{ readonly instance: Instance; readonly user: Session['user'] }> {
    const { instance, session } = await this.#signedIn(exchange);
    if (session.now - session.beganAt.getTime() > FRESH_MS) throw signInAgain();
    return { instance, user: session.user };
  }

  #party({ headers }: Exchange): RelyingParty {
    const party = relyingPartyOf(headers, this.#options.publicUrl);
    if (party === undefined) throw passkeysNeedAName();
    return party;
  }

  #instanceOf({ headers }: Exchange): Instance {
    const instance = this.#options.instances.of(headers);
    if (instance === undefined) throw noInstance();
    return instance;
  }

  #note({ requestId }: Exchange, sentence: string, user: string): void {
    this.#options.log.note('info', sentence, { requestId, user });
  }
}
