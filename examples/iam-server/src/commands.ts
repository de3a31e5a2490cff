import { parseArgs } from 'node:util';
import { IDENTITY_PROVIDER_TYPES } from '@login-policy/domain/model';
import {
  changePassword,
  directoryChanged,
  hostAdded,
  identityProviderAdded,
  instanceAdded,
  organizationAdded,
  userAdded,
} from './accounts/administration.js';
import { Accounts } from './accounts/accounts.js';
import { sql, type Database } from './accounts/database/database.js';
import { Instances, type Instance } from './accounts/instances.js';
import { openAccounts } from './accounts/open-accounts.js';
import { passwordOf, type Account } from './accounts/people.js';
import { hashPassword, newPassword } from './accounts/passwords.js';
import { isOfInstance, ROLES, type Role } from './accounts/roles.js';
import { CannotStart, type Config } from './config.js';
import { newId } from './data/new-id.js';

const USAGE = [
  'user add NAME [--organization ID] [--role ROLE] [--id ID]',
  'user role NAME ROLE',
  'user password NAME',
  'user disable NAME',
  'organization add NAME [--id ID]',
  'provider add NAME --type TYPE [--organization ID] [--id ID]',
  'provider remove ID',
  'instance add NAME --host HOST [--id ID]',
  'host add HOST',
  'session end',
];
/** No control characters or lone surrogates. */
const TEXT = /^[^\p{Cc}\p{Cs}]{1,200}$/u;

interface Given {
  readonly database: Database;
  readonly instances: Instances;
  readonly instance: Instance;
  readonly options: Options;
}

interface Options {
  readonly organization?: string | undefined;
  readonly role?: string | undefined;
  readonly type?: string | undefined;
  readonly id?: string | undefined;
  readonly instance?: string | undefined;
  readonly host?: readonly string[] | undefined;
}

type Command = (given: Given, words: readonly string[]) => Promise<string>;

const COMMANDS: Readonly<Record<string, { readonly words: number; readonly act: Command }>> = {
  'user add': { words: 1, act: addUser },
  'user role': { words: 2, act: changeRole },
  'user password': { words: 1, act: renewPassword },
  'user disable': { words: 1, act: disableUser },
  'organization add': { words: 1, act: addOrganization },
  'provider add': { words: 1, act: addProvider },
  'provider remove': { words: 1, act: removeProvider },
  'instance add': { words: 1, act: addInstance },
  'host add': { words: 1, act: addHost },
  'session end': { words: 0, act: endAllSessions },
};

/**
 * Changes accounts from the command line, beside running servers, which see it at once.
 *
 * @returns what to print. @throws CannotStart for anything that is not one of the commands, or can't be carried out
 */
export async function runCommand(config: Config, line: readonly string[]): Promise<string> {
  const { options, words } = parsed(line);
  const [subject = '', verb = '', ...rest] = words;
  const command = COMMANDS[`${subject} ${verb}`];
  if (command === undefined || rest.length !== command.words) throw usage();
  for (const word of [...rest, ...(options.host ?? []), options.id ?? 'none'])
    if (!TEXT.test(word))
      throw new CannotStart(
        `${JSON.stringify(word)} is not a name: 1 to 200 characters, none of them a control character.`,
      );
  const database = await openAccounts(config.accountsUrl);
  try {
    const instances = await opened(database);
    const isOfAll = subject === 'instance' || subject === 'session';
    const instance = instanceOf(instances, options.instance ?? (isOfAll ? instances.all[0]?.id : undefined));
    return await command.act({ database, instance, instances, options }, rest);
  } finally {
    await database.close();
  }
}

async function opened(database: Database): Promise<Instances> {
  return Instances.open(database).catch((cause: unknown) => {
    throw new CannotStart('There are no accounts yet: start the server once.', { cause });
  });
}

function parsed(line: readonly string[]): { readonly options: Options; readonly words: readonly string[] } {
  const text = { type: 'string' } as const;
  try {
    const { positionals, values } = parseArgs({
      args: [...line],
      allowPositionals: true,
      options: {
        ...{ organization: text, role: text, type: text, id: text, instance: text },
        host: { ...text, multiple: true },
      },
    });
    return { options: values, words: positionals };
  } catch (cause) {
    throw usage(cause);
  }
}

function usage(cause?: unknown): CannotStart {
  return new CannotStart(`The server is started without words, and takes these commands: ${USAGE.join('; ')}.`, {
    cause,
  });
}

function instanceOf(instances: Instances, id: string | undefined): Instance {
  const [first] = instances.all;
  const found = id === undefined ? first : instances.all.find((one) => one.id === id);
  if (found === undefined || (id === undefined && !instances.isOnly))
    throw new CannotStart(`Name the instance: --instance ${instances.all.map((one) => one.id).join(' or ')}.`);
  return found;
}

function roleIn(word: string, organizationId: string | undefined): Role {
  const role = ROLES.find((one) => one === word);
  if (role === undefined)
    throw new CannotStart(`${JSON.stringify(word)} is not a role. Those are ${ROLES.join(', ')}.`);
  if (organizationId === undefined ? role.startsWith('ORG_') : isOfInstance(role))
    throw new CannotStart(
      `${role} is ${organizationId === undefined ? 'for users of an organization' : 'not for users of an organization'} only.`,
    );
  return role;
}

/** @throws CannotStart when the instance does not have it */
async function organizationIn({ instance, instances, options }: Given): Promise<string | undefined> {
  const { organization } = options;
  if (organization === undefined) return undefined;
  if (await instances.exists({ instanceId: instance.id, organizationId: organization })) return organization;
  throw new CannotStart(`The instance ${instance.id} has no organization ${JSON.stringify(organization)}.`);
}

async function addUser(given: Given, [name = '']: readonly string[]): Promise<string> {
  const { database, instance, options } = given;
  const { id = name, role = 'USER' } = options;
  const organizationId = await organizationIn(given);
  const password = newPassword();
  const user = {
    id,
    name,
    organizationId,
    role: roleIn(role, organizationId),
    passwordHash: await hashPassword(password),
  };
  if ((await database.atOnce(userAdded(instance.id, user))) === undefined)
    throw new CannotStart(
      `A user ${JSON.stringify(name)} exists already, or another one with the id ${JSON.stringify(id)}.`,
    );
  return `${name} may sign in with the password ${password}`;
}

async function changeRole({ database, instance }: Given, [name = '', word = '']: readonly string[]): Promise<string> {
  const { user } = await accountIn(database, instance, name);
  const role = roleIn(word, user.organizationId);
  await database.run(sql`UPDATE iam.users SET role = ${role} WHERE instance = ${instance.id} AND id = ${user.id}`);
  return `${name} is ${role} from now on.`;
}

async function renewPassword({ database, instance }: Given, [name = '']: readonly string[]): Promise<string> {
  const account = await accountIn(database, instance, name);
  const password = newPassword();
  const change = { seen: passwordOf(account)?.id, passwordHash: await hashPassword(password) };
  if (!(await changePassword(database, { instanceId: instance.id, userId: account.user.id }, change)))
    throw new CannotStart(`The password of ${JSON.stringify(name)} was changed by somebody else just now.`);
  return `${name} may sign in with the password ${password}`;
}

async function disableUser({ database, instance }: Given, [name = '']: readonly string[]): Promise<string> {
  const { user } = await accountIn(database, instance, name);
  await database.atOnce([
    sql`UPDATE iam.users SET disabled_at = iam.now_ms() WHERE instance = ${instance.id} AND id = ${user.id} RETURNING id`,
    sql`DELETE FROM iam.sessions WHERE instance = ${instance.id} AND user_id = ${user.id}`,
  ]);
  return `${name} can't sign in any more.`;
}

async function addOrganization(
  { database, instance, options }: Given,
  [name = '']: readonly string[],
): Promise<string> {
  const { id = newId() } = options;
  const added = await database.atOnce([organizationAdded(instance.id, { id, name }), directoryChanged()]);
  if (added === undefined) throw new CannotStart(`An organization with the id ${JSON.stringify(id)} exists already.`);
  return `The organization ${name} has the id ${id}`;
}

async function addProvider(given: Given, [name = '']: readonly string[]): Promise<string> {
  const { database, instance, options } = given;
  const { id = newId() } = options;
  const type = IDENTITY_PROVIDER_TYPES.find((one) => one === options.type);
  if (type === undefined) throw new CannotStart(`--type must be one of ${IDENTITY_PROVIDER_TYPES.join(', ')}.`);
  const provider = { id, name, type, organizationId: await organizationIn(given) };
  const [added] = await database.run(identityProviderAdded(instance.id, provider));
  if (added === undefined)
    throw new CannotStart(`An identity provider with the id ${JSON.stringify(id)} exists already.`);
  return `The identity provider ${name} has the id ${id}`;
}

/** Links to it stay on the policies, and are no way in any more. */
async function removeProvider({ database, instance }: Given, [id = '']: readonly string[]): Promise<string> {
  const [removed] = await database.run(
    sql`DELETE FROM iam.identity_providers WHERE instance = ${instance.id} AND id = ${id} RETURNING id`,
  );
  if (removed === undefined)
    throw new CannotStart(`The instance ${instance.id} has no identity provider ${JSON.stringify(id)}.`);
  return `Nobody signs in through ${id} any more.`;
}

async function addInstance({ database, options }: Given, [name = '']: readonly string[]): Promise<string> {
  const { host: hosts = [], id = newId() } = options;
  if (hosts.length === 0) throw new CannotStart('An instance beside others needs a host: --host iam.example.com.');
  const [row] = await database.run(sql`SELECT i.id FROM iam.instances i
    WHERE NOT EXISTS (SELECT 1 FROM iam.hosts h WHERE h.instance = i.id)`);
  if (row !== undefined)
    throw new CannotStart(`The instance ${String(row['id'])} has no host. Give it one first: host add HOST.`);
  if ((await database.atOnce(instanceAdded({ id, name, hosts }))) === undefined)
    throw new CannotStart(`An instance with the id ${JSON.stringify(id)} exists already.`);
  return `The instance ${name} has the id ${id}. Start the servers again: that adds its default policy.`;
}

async function addHost({ database, instance }: Given, [host = '']: readonly string[]): Promise<string> {
  if ((await database.atOnce([hostAdded(instance.id, host), directoryChanged()])) === undefined)
    throw new CannotStart(`The host ${JSON.stringify(host)} is taken already.`);
  return `The instance ${instance.id} is served under ${host}`;
}

async function endAllSessions({ database }: Given): Promise<string> {
  const ended = await database.run(sql`DELETE FROM iam.sessions RETURNING digest`);
  return `${ended.length} sessions were ended.`;
}

/** @throws CannotStart when nobody has the name */
async function accountIn(database: Database, instance: Instance, name: string): Promise<Account> {
  const account = await new Accounts(database).user(instance.id, { name });
  if (account === undefined) throw new CannotStart(`The instance ${instance.id} has no user ${JSON.stringify(name)}.`);
  return account;
}
