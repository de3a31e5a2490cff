import { openBareHttp, openBareHttp2 } from './servers/bare.js';
import { openBareCommands } from './servers/bare-commands.js';
import { openOurs } from './servers/ours.js';
import { openPlainConnectHttp1, openPlainConnectHttp2 } from './servers/plain-connect.js';
import type { OpenServer, OpenTheServer } from './servers/server.js';
import { answerQuestions, type Facts } from './worker.js';

// One of the servers that are measured, in a process of its own; each turn opens it anew.
const SERVERS: Readonly<Record<string, OpenTheServer>> = {
  ours: openOurs,
  'bare-http': openBareHttp,
  'bare-http2': openBareHttp2,
  'bare-commands': openBareCommands,
  'plain-connect-http1': openPlainConnectHttp1,
  'plain-connect-http2': openPlainConnectHttp2,
};

const open = SERVERS[process.argv[2] ?? ''];
if (open === undefined) throw new RangeError(`there are ${Object.keys(SERVERS).join(', ')}`);
const openServer = open;
let running: { readonly server: OpenServer; readonly before: NodeJS.CpuUsage } | undefined;

async function opened(): Promise<Facts> {
  const server = await openServer();
  running = { server, before: process.cpuUsage() };
  return { port: server.port };
}

async function closed(): Promise<Facts> {
  if (running === undefined) throw new Error('nothing is open');
  const { system, user } = process.cpuUsage(running.before);
  const written = await running.server.written();
  await running.server.close();
  return { processorMs: (system + user) / 1000, ...(written !== undefined && { written }) };
}

/** What is in use after all that can be collected was, twice: what is finalized in the first is free in the second. */
function heap(): Facts {
  if (globalThis.gc === undefined) throw new Error('this needs --expose-gc');
  for (let round = 0; round < 2; round++) globalThis.gc();
  return { heapMegabytes: process.memoryUsage().heapUsed / 1e6 };
}

answerQuestions(async ({ kind }) => {
  if (kind === 'heap') return heap();
  return kind === 'open' ? opened() : closed();
});
