import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { orThrow, type InstanceRef, type LoginPolicies } from '@login-policy/domain';
import { FACTOR } from '../../workload/factor.js';
import { BODY, HEADERS } from './bare.js';
import { instanceOf, openPolicies } from './policies.js';
import { closing, listening, type OpenServer } from './server.js';

const ANSWERED = { ...HEADERS, 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };

/**
 * node:http with nothing but the commands: no token, no permission, no body is looked at, and the answer is always the
 * same. What the API could reach at most, on these policies.
 */
export async function openBareCommands(): Promise<OpenServer> {
  const { policies, written, close } = await openPolicies();
  const server = createServer((request, response) => {
    answer(policies, request, response).catch((caught: unknown) => response.destroy(new Error(String(caught))));
  });
  return { port: await listening(server), written, close: () => closing(server).then(close) };
}

async function answer(
  policies: LoginPolicies,
  { headers, method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const owner: InstanceRef = { instanceId: instanceOf({ get: () => headers.host }) ?? '' };
  const options = { actor: 'bench' };
  if (method === 'DELETE') orThrow(await policies.removeMultiFactor(owner, FACTOR, options));
  else orThrow(await policies.addMultiFactor(owner, FACTOR, options));
  response.writeHead(200, ANSWERED);
  response.end(BODY);
}
