import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Contender, Figure, Row, Conditions } from '../harness/row.js';
import { openConnectHttp1, openConnectHttp2 } from './connect-es.js';
import { openConnectByHand, openGrpcByHand, openGrpcWebByHand } from './rpc-by-hand.js';
import { tenants } from './requests.js';
import { openRestByHand } from './rest-by-hand.js';
import { openOurs, type OpenServer } from './servers.js';

const run = promisify(execFile);
const LOAD = fileURLToPath(new URL('./load.js', import.meta.url));
const BY_HAND = 'by hand: the same token, permission, body, call of our library and answer';
const ours = { name: 'ours', method: 'createApi and its own port: tokens, permissions, all protocols', open: openOurs };

const restByHand = { name: 'raw', method: `node:http ${BY_HAND}`, open: openRestByHand };
const connectEs = {
  name: 'connect-es',
  method: 'connectNodeAdapter on node:http, the rest by hand',
  open: openConnectHttp1,
};
const WARM =
  'a server lives for weeks, so each has answered as many before those that count, and is shown just opened as well';

/** A server that alternates with others under the same load. */
interface Server {
  readonly name: string;
  readonly method: string;
  readonly open: () => Promise<OpenServer>;
  /** Whether to warm up with as many requests first. */
  readonly isWarm?: boolean;
}

/** All rows over the API: a memory store, and 64 requests in flight. */
export const apiRows: readonly Row[] = [
  rowOf(
    'rest',
    `REST: commands of five kinds in turn, each recorded, from 64 connections with an instance each; ${WARM}`,
    [
      { ...ours, isWarm: true },
      { ...restByHand, isWarm: true },
      { ...ours, name: 'ours, just opened' },
      { ...restByHand, name: 'raw, just opened' },
    ],
  ),
  {
    ...rowOf('connect', 'Connect: reads of the policy from 64 connections with an instance each', [
      ours,
      { name: 'raw', method: `node:http ${BY_HAND}`, open: openConnectByHand },
      connectEs,
    ]),
    target: { bound: 'at least', times: 1.3, of: connectEs.name },
  },
  rowOf('grpc-web', 'gRPC-Web: reads of the policy from 64 connections with an instance each', [
    ours,
    { name: 'raw', method: `node:http ${BY_HAND}`, open: openGrpcWebByHand },
    connectEs,
  ]),
  rowOf('grpc', 'gRPC: reads of the policy of one instance from 8 connections of 8 streams', [
    ours,
    { name: 'raw', method: `node:http2 streams ${BY_HAND}`, open: openGrpcByHand },
    { ...connectEs, method: 'connectNodeAdapter on node:http2, the rest by hand', open: openConnectHttp2 },
  ]),
];

function rowOf(protocol: string, work: string, servers: readonly Server[]): Row {
  return {
    name: `${protocol}-api`,
    work,
    unit: 'requests/s',
    warmUps: 2,
    target: { bound: 'at least', times: 0.85 },
    contenders: async (conditions) => servers.map((server) => contenderOf(server, protocol, conditions)),
  };
}

/** By the clients' clock, and by the processor time of the server alone. */
function contenderOf(
  { name, method, isWarm = false, open }: Server,
  protocol: string,
  { isQuick }: Conditions,
): Contender {
  const perTenant = isQuick ? 8 : 240;
  return {
    name,
    method,
    async measure(): Promise<Figure> {
      const { port, written, close } = await open();
      try {
        const load = [LOAD, protocol, String(port), String(perTenant)];
        if (isWarm) await run(process.execPath, load);
        const [before, writtenBefore] = [process.cpuUsage(), await written()];
        const { stdout } = await run(process.execPath, load);
        const { system, user } = process.cpuUsage(before);
        const count = tenants.length * perTenant;
        const recorded = (await written()) - writtenBefore;
        if (protocol === 'rest' && recorded !== count)
          throw new Error(`${recorded} of ${count} commands were recorded`);
        return { byClock: (count * 1000) / Number(stdout), byProcessor: (count * 1e6) / (system + user) };
      } finally {
        await close();
      }
    },
  };
}
