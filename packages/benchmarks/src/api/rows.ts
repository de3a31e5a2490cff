import type { Medians, Verdict } from '../harness/row.js';
import { atLeast } from '../harness/targets.js';
import type { ServerOnTrial } from './contender.js';

/** A row of the API's table: one kind of request, answered by several servers in turns. */
export interface ApiRow {
  readonly name: string;
  readonly work: string;
  readonly unit: string;
  readonly warmUps: number;
  readonly servers: readonly ServerOnTrial[];
  readonly judge: (medians: Medians) => readonly Verdict[];
}

const SENT =
  '64 clients, each on its own instance, in turns remove the multi-factor and add it again, each recorded; memory store';

const restRemoval: ApiRow = {
  name: 'rest-removal',
  work: `REST on HTTP/1.1, 64 connections: ${SENT}`,
  unit: 'requests/s',
  warmUps: 2,
  servers: [
    {
      name: 'raw',
      how: 'a bare node:http handler that looks at nothing and answers the same bytes',
      server: 'bare-http',
      protocol: 'rest',
    },
    { name: 'ours', how: 'createApi and its own port', server: 'ours', protocol: 'rest' },
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 0.7 }, medians)],
};

const grpcRemoval: ApiRow = {
  name: 'grpc-removal',
  work: `gRPC, 8 connections of 8 streams: ${SENT}`,
  unit: 'calls/s',
  warmUps: 2,
  servers: [
    {
      name: 'raw',
      how: 'plain connect-es: connectNodeAdapter on node:http2, the same policies, tokens, permissions and headers',
      server: 'plain-connect-http2',
      protocol: 'grpc',
    },
    { name: 'ours', how: 'createApi and its own port', server: 'ours', protocol: 'grpc' },
    {
      name: 'bare node:http2',
      how: 'by streams; looks at nothing and answers the same bytes',
      server: 'bare-http2',
      protocol: 'grpc',
    },
  ],
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 3 }, medians)],
};

const grpcWebRemoval: ApiRow = {
  name: 'grpc-web-removal',
  work: `gRPC-Web on HTTP/1.1, 64 connections: ${SENT}`,
  unit: 'calls/s',
  warmUps: 2,
  servers: [
    {
      name: 'raw',
      how: 'plain connect-es: connectNodeAdapter on node:http, as above',
      server: 'plain-connect-http1',
      protocol: 'grpc-web',
    },
    { name: 'ours', how: 'createApi and its own port', server: 'ours', protocol: 'grpc-web' },
  ],
  judge: () => [],
};

/** All rows, in the order of the table. */
export const apiRows: readonly ApiRow[] = [restRemoval, grpcRemoval, grpcWebRemoval];
