import { holdsGrant, type Caller } from '@login-policy/api';
import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.js';
import type { Database } from '../accounts/database/database.js';
import { listUsers } from '../accounts/listed-users.js';
import type { OpenSession, Shown } from '../accounts/people.js';
import { setUpOf } from '../accounts/sign-in-policies.js';
import type { CustomPolicies } from '../directory/custom-policies.js';
import { WAYS, waysOfUsers } from '../directory/ways-of-users.js';
import { sendJson, type Exchange } from '../http/exchange.js';
import { notAllowed, nothingHere } from '../http/refusal.js';
import { READ_USERS } from '../accounts/roles.js';
import { parsedQuery, whole } from './query.js';

const MOST_USERS = 100;

const list = z.strictObject({
  search: z.string().max(200).default(''),
  organization: z.string().max(200).optional(),
  way: z.enum(WAYS).optional(),
  administrators: z.enum(['yes', 'no']).default('no'),
  after: z.string().max(1000).default(''),
  limit: whole.pipe(z.int().min(1).max(MOST_USERS)).default(20),
});
const one = z.strictObject({ id: z.string().min(1).max(200) });

/** Who the users are, and what one of them has to sign in with. No secret, and nothing that a policy does not ask. */
export class UserRoutes {
  readonly #accounts: Accounts;
  readonly #database: Database;
  readonly #custom: CustomPolicies;

  constructor(accounts: Accounts, database: Database, custom: CustomPolicies) {
    this.#custom = custom;
    this.#accounts = accounts;
    this.#database = database;
  }

  async list(exchange: Exchange, caller: Caller): Promise<void> {
    demandReader(caller);
    const { administrators, way, ...query } = parsedQuery(list, exchange.query);
    const { instanceId } = caller;
    const from = { custom: this.#custom, database: this.#database };
    const wayOf = way === undefined ? undefined : await waysOfUsers({ instanceId }, from);
    const users = await listUsers(
      this.#database,
      instanceId,
      query,
      (user) => (administrators === 'no' || user.isAdministrator) && wayOf?.(user) === way,
    );
    sendJson(exchange, users);
  }

  /** With the checks of their newest session, as old as they are by the clock of the accounts. */
  async show(exchange: Exchange, caller: Caller): Promise<void> {
    demandReader(caller);
    const { id } = parsedQuery(one, exchange.query);
    const { instanceId } = caller;
    const account = await this.#accounts.user(instanceId, { id });
    if (account === undefined) throw nothingHere('There is no such user.');
    const { name, organizationId } = account.user;
    const ready = account.credentials.filter(({ isReady }) => isReady);
    const has = setUpOf(ready.map(({ kind, secret }) => ({ kind, ...(kind === 'LINK' && { provider: secret }) })));
    const session = await this.#accounts.newestSession({ instanceId, userId: id });
    sendJson(exchange, { id, name, organizationId, has, checks: session === undefined ? [] : checksOf(session) });
  }
}

function checksOf({ credentials, now }: OpenSession): readonly object[] {
  return credentials.flatMap((credential) => {
    const { checkedAt } = credential;
    return checkedAt === undefined ? [] : [{ shown: nameOf(credential), ago: ageOf(now - checkedAt) }];
  });
}

function nameOf({ kind, provider }: Shown): object {
  switch (kind) {
    case 'PASSWORD':
      return { method: 'password' };
    case 'U2F_WITH_VERIFICATION':
      return { method: 'passkey' };
    case 'LINK':
      return { method: 'external-login', identityProvider: provider };
    case 'TOTP':
    case 'U2F':
    case 'OTP_EMAIL':
    case 'OTP_SMS':
    case 'RECOVERY_CODES':
      return { method: 'second-factor', factor: kind };
  }
}

/** In ISO 8601, in whole seconds. */
function ageOf(milliseconds: number): string {
  return `PT${Math.max(0, Math.floor(milliseconds / 1000))}S`;
}

/** @throws Refusal */
function demandReader(caller: Caller): void {
  if (!holdsGrant(caller, READ_USERS, { instanceId: caller.instanceId })) throw notAllowed(READ_USERS);
}
