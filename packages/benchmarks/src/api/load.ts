import { lanes } from './lanes.js';
import { askOverHttp1 } from './load/http1-load.js';
import { grpcWebRequests, restRequests } from './load/http1-requests.js';
import { askOverHttp2 } from './load/http2-load.js';
import { answerQuestions } from './worker.js';

// The clients, all in one process that is not the server's.
const CONNECTIONS = 8;

interface Load {
  readonly port: number;
  readonly count: number;
}

const PROTOCOLS: Readonly<Record<string, (load: Load) => readonly Promise<void>[]>> = {
  rest: ({ port, count }) => lanes.map((lane) => askOverHttp1(port, restRequests(lane), count)),
  'grpc-web': ({ port, count }) => lanes.map((lane) => askOverHttp1(port, grpcWebRequests(lane), count)),
  grpc: ({ port, count }) => {
    const each = lanes.length / CONNECTIONS;
    const shares = Array.from({ length: CONNECTIONS }, (_, at) => lanes.slice(at * each, (at + 1) * each));
    return shares.map((share) => askOverHttp2({ port, lanes: share, count }));
  },
};

/**
 * Looks for answers again and again while it asks, instead of sleeping: a server on the same machine would otherwise be
 * charged for waking its clients, the more the faster they are.
 */
async function awake(asking: readonly Promise<void>[]): Promise<void> {
  let isAsking = true;
  const look = (): void => {
    if (isAsking) setImmediate(look);
  };
  look();
  try {
    await Promise.all(asking);
  } finally {
    isAsking = false;
  }
}

answerQuestions(async ({ protocol, port, count }) => {
  const asking = PROTOCOLS[String(protocol)];
  if (asking === undefined) throw new RangeError(`no protocol ${protocol}`);
  const [begun, before] = [performance.now(), process.cpuUsage()];
  await awake(asking({ port: Number(port), count: Number(count) }));
  const { system, user } = process.cpuUsage(before);
  return { ms: performance.now() - begun, processorMs: (system + user) / 1000 };
});
