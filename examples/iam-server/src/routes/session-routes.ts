import { z } from 'zod';
import { DEVICE_SECONDS, newDeviceToken, knownDevice } from '../accounts/devices.js';
import type { JudgedSignIns, LetIn, Shown } from '../accounts/judged-sign-ins.js';
import type { Passwords } from '../accounts/passwords.js';
import { permissionsOf } from '../accounts/roles.js';
import type { Attempt, SignInAttempts } from '../accounts/sign-in-attempts.js';
import type { Instance, Instances } from '../accounts/instances.js';
import type { User } from '../data/iam-facts.js';
import { networkOf, readJson, sendJson, sendNothing, type Exchange } from '../http/exchange.js';
import {
  fromAnotherPage,
  noInstance,
  passkeysNeedAName,
  policyChanged,
  tooManyTries,
  wrongCode,
  wrongPasskey,
  wrongPassword,
  type Refusal,
} from '../http/refusal.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { authenticationAnswer } from '../passkeys/passkey-answers.js';
import type { Passkeys } from '../passkeys/passkeys.js';
import { relyingPartyOf } from '../passkeys/relying-party.js';
import { cookieOf, type Cookie, type Transport } from '../sessions/cookies.js';
import type { Identification } from '../sessions/identification.js';
import { isFromAnotherPage } from '../sessions/same-origin.js';
import type { Session, Sessions } from '../sessions/sessions.js';

/** The parts of signing in and out. */
export interface SessionRoutesOptions {
  readonly instances: Instances;
  readonly attempts: SignInAttempts;
  readonly passkeys: Passkeys;
  readonly passwords: Passwords;
  readonly signIns: JudgedSignIns;
  readonly sessions: Sessions;
  readonly identification: Identification;
  readonly publicUrl: string | undefined;
  readonly isBehindProxy: boolean;
  readonly transport: Transport;
  readonly log: Log;
  readonly metrics: Metrics;
}

const credentials = z.strictObject({
  name: z.string().min(1).max(200),
  password: z.string().min(1).max(1000),
  /** The code of an authenticator app, if the policy requires one. */
  code: z
    .string()
    .regex(/^\d{6}$/, 'Six digits')
    .optional(),
});

/** One sign-in attempt. */
interface Trial {
  readonly attempt: Attempt;
  /** The user who was identified. */
  readonly recognise: () => Promise<User | undefined>;
  readonly shown: Shown;
  /** The refusal for everybody else. */
  readonly unknown: () => Refusal;
}

/** A user whom the login policy accepts, and until when. */
interface SignedIn extends LetIn {
  readonly user: User;
}

type Verdict = 'right' | 'unfinished' | 'wrong';

/** A right password without the required code is not a guess. */
function verdictOf(judged: SignedIn | { readonly refusal: Refusal }): Verdict {
  if (!('refusal' in judged)) return 'right';
  return WRONG.has(judged.refusal.content.id) ? 'wrong' : 'unfinished';
}

const WRONG: ReadonlySet<string> = new Set(
  [wrongPassword(), wrongCode(), wrongPasskey()].map(({ content }) => content.id),
);

/** Signs in, returns who is signed in, signs out. */
export class SessionRoutes {
  readonly #options: SessionRoutesOptions;

  constructor(options: SessionRoutesOptions) {
    this.#options = options;
  }

  /** Signs in with name and password, and a code if one is required. @throws Refusal */
  async signIn(exchange: Exchange): Promise<void> {
    const instance = await this.#instanceFor(exchange);
    const { code, name, password } = await readJson(exchange, credentials);
    const user = instance.user('name', name);
    const device = knownDevice(this.#cookie('device', instance).in(exchange.headers), user);
    await this.#begin(exchange, instance, {
      attempt: { name: `${instance.id} ${name}`, network: this.#networkOf(exchange), device },
      recognise: async () => ((await this.#options.passwords.isPasswordOf(user, password)) ? user : undefined),
      shown: { by: 'password', code },
      unknown: wrongPassword,
    });
  }

  /** Signs in with a passkey, which identifies its user. @throws Refusal */
  async signInByPasskey(exchange: Exchange): Promise<void> {
    const instance = await this.#instanceFor(exchange);
    const answer = await readJson(exchange, authenticationAnswer);
    const party = relyingPartyOf(exchange.headers, this.#options.publicUrl);
    if (party === undefined) throw passkeysNeedAName();
    const network = this.#networkOf(exchange);
    await this.#begin(exchange, instance, {
      // Signatures can't be guessed, so a failure only slows down its own source.
      attempt: { name: `${instance.id} by a passkey from ${network}`, network },
      recognise: () => this.#options.passkeys.verify(party, instance, answer),
      shown: { by: 'passkey' },
      unknown: wrongPasskey,
    });
  }

  async #begin(exchange: Exchange, instance: Instance, trial: Trial): Promise<void> {
    const { identification, sessions } = this.#options;
    const { user, ...judged } = await this.#recognise(exchange, instance, trial);
    const session = await sessions.begin(instance, user, judged);
    if (session === undefined) throw trial.unknown();
    // If the policy changed while the session was written, the judge of open sessions may have missed it.
    const now = await this.#options.signIns.judgeAnew({ instance, user }, judged);
    if (now === undefined || now.until?.toJSON() !== judged.until?.toJSON()) {
      await sessions.end(session);
      throw policyChanged();
    }
    const earlier = await identification.sessionOf(exchange.headers);
    if (earlier !== undefined) await sessions.end(earlier);
    sendJson(exchange, describe(instance, session), {
      'set-cookie': [
        this.#cookie('session', instance).set(session.token, secondsLeft(session)),
        this.#cookie('device', instance).set(newDeviceToken(user), DEVICE_SECONDS),
      ],
    });
  }

  /** No session is a normal answer, 204: every new visitor's page asks, and browsers log each refusal. */
  async show(exchange: Exchange): Promise<void> {
    const session = await this.#options.identification.sessionOf(exchange.headers);
    if (session === undefined) sendNothing(exchange);
    else sendJson(exchange, describe(this.#instanceOf(exchange), session));
  }

  /** Signing out is never refused: without a session, the goal is already reached. */
  async signOut(exchange: Exchange): Promise<void> {
    const { identification, log, sessions } = this.#options;
    const session = await identification.sessionOf(exchange.headers);
    if (session !== undefined) {
      await sessions.end(session);
      log.note('info', 'Somebody signed out.', { requestId: exchange.requestId, user: session.user.id });
    }
    sendNothing(exchange, { 'set-cookie': this.#cookie('session', this.#instanceOf(exchange)).set('', 0) });
  }

  /** Identifies a user by their checks, and until when the login policy accepts these. @throws Refusal */
  async #recognise(exchange: Exchange, instance: Instance, trial: Trial): Promise<SignedIn> {
    const { attempts } = this.#options;
    const { attempt } = trial;
    const refused = await attempts.begin(attempt);
    if (refused !== undefined) {
      this.#note(exchange, 'throttled', attempt.network);
      throw tooManyTries(refused.waitSeconds);
    }
    let verdict: Verdict = 'wrong';
    try {
      const judged = await this.#judge(instance, trial);
      verdict = verdictOf(judged);
      if ('refusal' in judged) throw judged.refusal;
      return judged;
    } finally {
      attempts.end(attempt, verdict);
      this.#note(exchange, verdict, attempt.network);
    }
  }

  async #judge(instance: Instance, trial: Trial): Promise<SignedIn | { readonly refusal: Refusal }> {
    const user = await trial.recognise();
    if (user === undefined) return { refusal: trial.unknown() };
    const judged = await this.#options.signIns.judge({ instance, user }, trial.shown);
    return 'refusal' in judged ? judged : { user, ...judged };
  }

  /** @throws Refusal for a page of another site, which could sign a browser in as a user of its own. */
  async #instanceFor(exchange: Exchange): Promise<Instance> {
    if (isFromAnotherPage(exchange.headers, this.#options.publicUrl)) throw fromAnotherPage();
    await this.#options.instances.refresh();
    return this.#instanceOf(exchange);
  }

  #networkOf(exchange: Exchange): string {
    return networkOf(exchange, this.#options.isBehindProxy);
  }

  /** The name is not logged, because people type passwords into the wrong field. */
  #note({ requestId }: Exchange, outcome: Verdict | 'throttled', network: string): void {
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

function secondsLeft({ expiresAt }: Session): number {
  return Math.max(0, Math.round((expiresAt.getTime() - Date.now()) / 1000));
}

function describe(instance: Instance, { user: { id, name, role }, expiresAt }: Session): object {
  return {
    user: { id, name, role, permissions: permissionsOf[role] },
    instance: { id: instance.id, name: instance.name },
    expiresAt: expiresAt.toISOString(),
  };
}
