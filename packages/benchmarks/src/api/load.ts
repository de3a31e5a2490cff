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
  lanes,
  READ_PATH,
  webReadOf,
  type Lane,
  type LoadRequest,
} from './requests.js';

// The clients, in a process of their own: autocannon, and h2load for gRPC. Prints the milliseconds from the first
// request to the last answer.
const [load = '', port = '', perLane = ''] = process.argv.slice(2);
const amount = lanes.length * Number(perLane);
const LOADS: Readonly<Record<string, () => Promise<number>>> = {
  rest: () => overHttp1(commandsOf),
  connect: () => overHttp1((lane) => [connectReadOf(lane)]),
  'grpc-web': () => overHttp1((lane) => [webReadOf(lane)]),
  grpc: overHttp2,
};
console.log(await LOADS[load]?.());

/** A connection per lane with one request in flight. @throws Error unless all were accepted. */
async function overHttp1(requestsOf: (lane: Lane) => readonly LoadRequest[]): Promise<number> {
  const waiting = [...lanes];
  const begun = performance.now();
  let last = begun;
  const { errors, non2xx } = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: lanes.length,
    amount,
    timeout: 60,
    setupClient(client) {
      const lane = waiting.pop();
      if (lane !== undefined) client.setRequests([...requestsOf(lane)]);
      client.on('response', () => {
        last = performance.now();
      });
    },
  });
  if (errors + non2xx > 0) throw new Error(`${errors} requests were not answered, ${non2xx} not granted`);
  return last - begun;
}

/**
 * h2load sends the same request on all connections: a read, for one instance.
 *
 * @throws Error when it is not installed.
 */
async function overHttp2(): Promise<number> {
  const [lane] = lanes;
  const scratch = await openScratch();
  try {
    const message = scratch.fresh('message');
    await writeFile(message, EMPTY_FRAME);
    const headers = ['content-type: application/grpc', 'te: trailers', `authorization: Bearer ${lane?.token}`];
    const given = [...headers, `:authority: ${lane?.host}`].flatMap((header) => ['-H', header]);
    const shape = ['-n', String(amount), '-c', '8', '-m', String(lanes.length / 8), '-d', message];
    const begun = performance.now();
    const said = await outputOf('h2load', [...shape, ...given, `http://127.0.0.1:${port}${READ_PATH}`]);
    const ms = performance.now() - begun;
    if (!said.includes(` ${amount} succeeded, 0 failed`)) throw new Error(said.trim());
    return ms;
  } finally {
    await scratch.remove();
  }
}

async function outputOf(program: string, given: readonly string[]): Promise<string> {
  const child = spawn(program, given, { stdio: ['ignore', 'pipe', 'inherit'] });
  const missing = once(child, 'error').then(() => {
    throw new Error(`left out: ${program} is not installed (Debian: nghttp2-client)`);
  });
  return Promise.race([text(child.stdout), missing]);
}
