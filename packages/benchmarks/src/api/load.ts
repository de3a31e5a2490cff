import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import autocannon from 'autocannon';
import { openScratch } from '../harness/scratch.js';
import {
  commandsOf,
  connectReadOf,
  EMPTY_FRAME,
  tenants,
  READ_PATH,
  webReadOf,
  type Tenant,
  type LoadRequest,
} from './requests.js';

// The clients, in a process of their own: autocannon, and h2load for gRPC. Prints the milliseconds from the first
// request to the last answer.
const [load = '', port = '', perTenant = ''] = process.argv.slice(2);
const amount = tenants.length * Number(perTenant);
const LOADS: Readonly<Record<string, () => Promise<number>>> = {
  rest: () => overHttp1(commandsOf),
  connect: () => overHttp1((tenant) => [connectReadOf(tenant)]),
  'grpc-web': () => overHttp1((tenant) => [webReadOf(tenant)]),
  grpc: overHttp2,
};
console.log(await LOADS[load]?.());

/** A connection per tenant with one request in flight. @throws Error unless all were accepted. */
async function overHttp1(requestsOf: (tenant: Tenant) => readonly LoadRequest[]): Promise<number> {
  const waiting = [...tenants];
  const beganAt = performance.now();
  let last = beganAt;
  const { errors, non2xx } = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: tenants.length,
    amount,
    timeout: 60,
    setupClient(client) {
      const tenant = waiting.pop();
      if (tenant !== undefined) client.setRequests([...requestsOf(tenant)]);
      client.on('response', () => {
        last = performance.now();
      });
    },
  });
  if (errors + non2xx > 0) throw new Error(`${errors} requests were not answered, ${non2xx} not granted`);
  return last - beganAt;
}

/**
 * h2load sends the same request on all connections: a read, for one instance.
 *
 * @throws Error when it is not installed.
 */
async function overHttp2(): Promise<number> {
  const [tenant] = tenants;
  const scratch = await openScratch();
  try {
    const message = scratch.fresh('message');
    await writeFile(message, EMPTY_FRAME);
    const headers = ['content-type: application/grpc', 'te: trailers', `authorization: Bearer ${tenant?.token}`];
    const args = [...headers, `:authority: ${tenant?.host}`].flatMap((header) => ['-H', header]);
    const shape = ['-n', String(amount), '-c', '8', '-m', String(tenants.length / 8), '-d', message];
    const beganAt = performance.now();
    const output = await outputOf('h2load', [...shape, ...args, `http://127.0.0.1:${port}${READ_PATH}`]);
    const ms = performance.now() - beganAt;
    if (!output.includes(` ${amount} succeeded, 0 failed`)) throw new Error(output.trim());
    return ms;
  } finally {
    await scratch.remove();
  }
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const missing = once(child, 'error').then(() => {
    throw new Error(`left out: ${program} is not installed (Debian: nghttp2-client)`);
  });
  return Promise.race([text(child.stdout), missing]);
}
