import { lanes } from './lanes.js';
import { grpcCalls, harmlessCalls } from './load/grpc-calls.js';
import { askOverHttp1 } from './load/http1-load.js';
import { grpcWebRequests, harmlessRequests, restRequests } from './load/http1-requests.js';
import { askOverHttp2 } from './load/http2-load.js';
import { answerQuestions } from './worker.js';

// The clients, all in one process that is not the server's.
const CONNECTIONS = 8;

interface Load {
  readonly port: number;
  /** How many requests each lane makes. */
  readonly count: number;
}

type Ask = (load: Load) => readonly Promise<void>[];

const OK = /200/;
/** Refusals are part of it, but nothing unexpected. */
const NO_DEFECT = /[24]\d\d/;

const LOADS: Readonly<Record<string, Ask>> = {
  rest: (load) => lanes.map((lane) => askOverHttp1({ ...load, requests: restRequests(lane), status: OK })),
  'grpc-web': (load) => lanes.map((lane) => askOverHttp1({ ...load, requests: grpcWebRequests(lane), status: OK })),
  grpc: (load) => overHttp2(load, lanes.map(grpcCalls)),
  mixed: ({ port, count }) => [
    ...overHttp2({ port, count: count / 2 }, lanes.map(harmlessCalls)),
    ...lanes.map((lane) =>
      askOverHttp1({ port, count: count / 2, requests: harmlessRequests(lane), status: NO_DEFECT }),
    ),
  ],
};

function overHttp2(load: Load, calls: readonly (readonly Buffer[])[]): readonly Promise<void>[] {
  const each = calls.length / CONNECTIONS;
  return Array.from({ length: CONNECTIONS }, (_, at) =>
    askOverHttp2({ ...load, lanes: calls.slice(at * each, (at + 1) * each) }),
  );
}

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

answerQuestions(async ({ load, port, count }) => {
  const ask = LOADS[String(load)];
  if (ask === undefined) throw new RangeError(`there are ${Object.keys(LOADS).join(', ')}`);
  await awake(ask({ port: Number(port), count: Number(count) }));
  return {};
});
