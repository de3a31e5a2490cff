import type { Judgement } from '@login-policy/domain/model';
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.js';
import { DEVICE_SECONDS, newDeviceToken, knownDevice } from '../accounts/devices.js';
import type { Instance, Instances } from '../accounts/instances.js';
import type { Judged, JudgedSignIns, Proof } from '../accounts/judged-sign-ins.js';
import type { PasswordChecks } from '../accounts/password-checks.js';
import { passwordOf, type Account, type Credential } from '../accounts/people.js';
import { permissionsOf } from '../accounts/roles.js';
import type { Attempt, SignInAttempts } from '../accounts/sign-in-attempts.js';
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
  readonly accounts: Accounts;
  readonly instances: Instances;
  readonly attempts: SignInAttempts;
  readonly passkeys: Passkeys;
  readonly passwords: PasswordChecks;
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
  /** The user who was identified, and by what. */
  readonly recognise: () => Promise<(Proof & { readonly account: Account }) | undefined>;
  /** The refusal for everybody else. */
  readonly unknown: () => Refusal;
}

/** A user whom the login policy accepts, by these credentials. */
interface SignedIn {
  readonly account: Account;
  readonly verified: readonly Credential[];
  /** What will change for the user, and when. */
  readonly upcoming?: Judgement['upcoming'];
}

type Verdict = 'right' | 'unfinished' | 'wrong';

/** A right password without the required code is not a guess. */
function verdictOf(judged: Judged): Verdict {
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
    const { accounts, passwords } = this.#options;
    const instance = await this.#instanceFor(exchange);
    const { code, name, password } = await readJson(exchange, credentials);
    const account = await accounts.user(instance.id, { name });
    const device = knownDevice(this.#cookie('device', instance).in(exchange.headers), account);
    const attempt = { name: `${instance.id} ${name}`, network: this.#networkOf(exchange), device };
    if (!passwords.hasRoomFor(attempt)) throw this.#throttled(exchange, instance, 1);
    await this.#begin(exchange, instance, {
      attempt,
      recognise: async () => {
        const credential = account && passwordOf(account);
        const isRight = await passwords.isRight(attempt, credential?.secret, password);
        return account && credential && isRight ? { account, credential, code } : undefined;
      },
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
      unknown: wrongPasskey,
    });
  }

  async #begin(exchange: Exchange, instance: Instance, trial: Trial): Promise<void> {
    const { identification, sessions } = this.#options;
    const { account, upcoming, verified } = await this.#recognise(exchange, instance, trial);
    const token = await sessions.begin(instance, account, verified);
    // A credential was replaced or removed meanwhile.
    if (token === undefined) throw trial.unknown();
    // Judged as at each use, by the policy as of now: an older one may have let the user in.
    const session = await sessions.find(token, instance, 'as of now');
    if (session === undefined) {
      await sessions.end(token);
      throw policyChanged();
    }
    const earlier = await identification.sessionOf(exchange.headers);
    if (earlier !== undefined) await sessions.end(earlier.token);
    sendJson(
      exchange,
      { ...(await this.#describe(instance, session)), ...(upcoming !== undefined && { upcoming }) },
      {
        'set-cookie': [
          this.#cookie('session', instance).set(token, secondsLeft(session)),
          this.#cookie('device', instance).set(newDeviceToken(account), DEVICE_SECONDS),
        ],
      },
    );
  }

  /** No session is a normal answer, 204: every new visitor's page asks, and browsers log each refusal. */
  async show(exchange: Exchange): Promise<void> {
    const session = await this.#options.identification.sessionOf(exchange.headers);
    if (session === undefined) sendNothing(exchange);
    else sendJson(exchange, await this.#describe(this.#instanceOf(exchange), session));
  }

  /** Signing out is never refused: without a session, the goal is already reached. */
  async signOut(exchange: Exchange): Promise<void> {
    const { identification, log, sessions } = this.#options;
    const session = await identification.sessionOf(exchange.headers);
    if (session !== undefined) {
      await sessions.end(session.token);
      log.note('info', 'Somebody signed out.', { requestId: exchange.requestId, user: session.user.id });
    }
    sendNothing(exchange, { 'set-cookie': this.#cookie('session', this.#instanceOf(exchange)).set('', 0) });
  }

  /** Identifies a user by what they show, and asks whether that is enough. @throws Refusal */
  async #recognise(exchange: Exchange, instance: Instance, trial: Trial): Promise<SignedIn> {
    const { attempts, signIns } = this.#options;
    const { attempt } = trial;
    const refused = await attempts.begin(attempt);
    if (refused !== undefined) throw this.#throttled(exchange, instance, refused.waitSeconds);
    // What fails for another reason is not a guess.
    let verdict: Verdict = 'unfinished';
    try {
      const proof = await trial.recognise();
      if (proof === undefined) {
        verdict = 'wrong';
        throw trial.unknown();
      }
      const judged = await signIns.judge({ instance, account: proof.account }, proof);
      verdict = verdictOf(judged);
      if ('refusal' in judged) throw judged.refusal;
      return { account: proof.account, ...judged };
    } finally {
      await attempts.end(attempt, verdict);
      this.#note(exchange, verdict, instance);
    }
  }

  #throttled(exchange: Exchange, instance: Instance, waitSeconds: number): Refusal {
    this.#note(exchange, 'throttled', instance);
    return tooManyTries(waitSeconds);
  }

  /** @throws Refusal for a page of another site, which could sign a browser in as a user of its own. */
  async #instanceFor(exchange: Exchange): Promise<Instance> {
    if (isFromAnotherPage(exchange.headers, this.#options.publicUrl)) throw fromAnotherPage();
    const instance = await this.#options.instances.find(exchange.headers);
    if (instance === undefined) throw noInstance();
    return instance;
  }

  #networkOf(exchange: Exchange): string {
    return networkOf(exchange, this.#options.isBehindProxy);
  }

  /** The name is not logged, because people type passwords into the wrong field. */
  #note(exchange: Exchange, outcome: Verdict | 'throttled', { id }: Instance): void {
    const { log, metrics } = this.#options;
    const { requestId } = exchange;
    metrics.count('iam_sign_ins_total', { labels: { outcome }, instanceId: id });
    const network = this.#networkOf(exchange);
    log.note(outcome === 'right' ? 'info' : 'warn', `A sign-in was ${outcome}.`, { requestId, network });
  }

  async #describe(instance: Instance, { user, has, expiresAt }: Session): Promise<object> {
    const { id, name, organizationId, role } = user;
    const { instances } = this.#options;
    const organization =
      organizationId === undefined
        ? undefined
        : await instances.organization({ instanceId: instance.id, organizationId });
    return {
      user: { id, name, role, permissions: permissionsOf[role], has },
      instance: { id: instance.id, name: instance.name },
      ...(organization !== undefined && { organization }),
      expiresAt: expiresAt.toISOString(),
    };
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

function secondsLeft({ expiresAt, now }: Session): number {
  return Math.max(0, Math.round((expiresAt.getTime() - now) / 1000));
}
