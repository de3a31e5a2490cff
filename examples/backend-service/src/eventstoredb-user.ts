/**
 * Makes the user as whom a service connects to EventStoreDB, and lets it read `$all`, as docs/how-to/eventstoredb.md says. What is so already
 * stays; a user who is there gets the password and the group.
 */
import { readFileSync } from 'node:fs';
import { request as requestOver, type IncomingMessage } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { BACKWARDS, END, EventStoreDBClient } from '@eventstore/db-client';

/** Where the server is, and as whom it is asked. */
interface Server {
  readonly url: string;
  /** Of the HTTP interface, without a slash at its end. */
  readonly users: string;
  /** `user:password` of an administrator. */
  readonly auth: string;
  readonly ca: Buffer | undefined;
}

/** The user to be. */
interface Service {
  readonly user: string;
  readonly password: string;
  readonly group: string;
}

interface Step {
  readonly method: 'POST' | 'PUT';
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly expected: readonly number[];
}

const ADDRESS = /^esdb(?:\+discover)?:\/\/([^:@/]+):([^@/]+)@([^/?,]+)[^?]*(?:\?(.*))?$/;

try {
  const server = serverOf(process.env);
  const service = serviceOf(process.env);
  console.log(await makeUser(server, service));
  console.log(await letReadAll(server, service));
  console.log(await readAs(server, service));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @throws Error that says what is missing. */
function serverOf({ EVENTSTOREDB_URL: url = '', EVENTSTOREDB_USERS_URL: users }: NodeJS.ProcessEnv): Server {
  const [, admin, secret, node, query = ''] = ADDRESS.exec(url) ?? [];
  if (node === undefined || admin === undefined || secret === undefined)
    throw new Error("EVENTSTOREDB_URL is 'esdb://admin:password@host:2113?tlsCAFile=…', as an administrator.");
  // The client takes its options in any case, with dashes or without.
  const options = new Map(
    Array.from(new URLSearchParams(query), ([name, value]) => [name.toLowerCase().replaceAll(/[_-]/g, ''), value]),
  );
  if (options.get('tls') === 'false') throw new Error('With tls=false a server has no users.');
  const ca = options.get('tlscafile');
  return {
    url,
    // The HTTP interface is on the same port, unless a proxy stands before it.
    users: users ?? `https://${node}/users`,
    auth: `${decodeURIComponent(admin)}:${decodeURIComponent(secret)}`,
    ca: ca === undefined ? undefined : readFileSync(ca),
  };
}

/** @throws Error when there is no password. */
function serviceOf({
  SERVICE_USER: user = 'login-policies',
  SERVICE_PASSWORD,
  SERVICE_GROUP,
}: NodeJS.ProcessEnv): Service {
  if (SERVICE_PASSWORD === undefined || SERVICE_PASSWORD === '')
    throw new Error('SERVICE_PASSWORD is not set: the password that the service gets.');
  return { user, password: SERVICE_PASSWORD, group: SERVICE_GROUP ?? user };
}

async function makeUser(server: Server, { user, password, group }: Service): Promise<string> {
  const [details, path] = [{ fullName: 'Login policies', groups: [group] }, `/${encodeURIComponent(user)}`];
  const body = { loginName: user, ...details, password };
  const status = await send(server, { method: 'POST', path: '', body, expected: [201, 409] });
  if (status === 201) return `Made the user ${user}, in the group ${group}.`;
  const reset = { newPassword: password };
  await send(server, { method: 'PUT', path, body: details, expected: [200] });
  await send(server, { method: 'POST', path: `${path}/command/reset-password`, body: reset, expected: [200] });
  return `The user ${user} was there already: it has the password and the group ${group} now.`;
}

/** Resolves to the status. @throws Error when it is none of those that are expected. */
async function send({ users, auth, ca }: Server, { method, path, body, expected }: Step): Promise<number> {
  const [url, text] = [new URL(`${users}${path}`), JSON.stringify(body)];
  const request = url.protocol === 'http:' ? requestOver : requestOverTls;
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, auth, ca, headers }, resolve).once('error', reject).end(text);
  });
  answer.resume();
  const { statusCode = 0 } = answer;
  if (expected.includes(statusCode)) return statusCode;
  const [admin] = auth.split(':');
  throw new Error(`${method} ${url.href} was answered with ${statusCode}: is ${admin} an administrator?`);
}

async function letReadAll({ url }: Server, { group }: Service): Promise<string> {
  const client = EventStoreDBClient.connectionString(url);
  try {
    const { metadata = {} } = await client.getStreamMetadata('$all');
    const readers = [metadata.acl?.readRoles ?? '$admins'].flat();
    if (readers.includes(group)) return `The group ${group} may read $all already.`;
    await client.setStreamMetadata('$all', { ...metadata, acl: { ...metadata.acl, readRoles: [...readers, group] } });
    return `The group ${group} may read $all now, beside ${readers.join(', ')}.`;
  } finally {
    await client.dispose();
  }
}

/** @throws Error of the client when the service may not. */
async function readAs({ url }: Server, { user: username, password }: Service): Promise<string> {
  const client = EventStoreDBClient.connectionString(url);
  try {
    const read = { direction: BACKWARDS, fromPosition: END, maxCount: 1, credentials: { username, password } } as const;
    for await (const found of client.readAll(read)) void found;
    return `${username} reads $all: connect with credentials { username: '${username}', password: … }.`;
  } finally {
    await client.dispose();
  }
}
