import type { Row } from '../harness/row.js';
import { atLeast } from '../harness/targets.js';
import { contendersUnder } from './contender.js';
import { apiMemory } from './memory.js';

const UNIT = 'requests a second of the server’s processor time';
const SENT =
  '64 clients, each with an instance of its own, in turns take the multi-factor off and put it on again, each time with success and one event; memory store, read model inline';
const OURS = { name: 'ours', how: 'createApi and its own port: tokens, permissions, all protocols', server: 'ours' };

const restRemoval: Row = {
  name: 'rest-removal',
  work: `REST over HTTP/1.1, DELETE and POST …/multi_factors on 64 connections: ${SENT}`,
  unit: UNIT,
  warmUps: 2,
  contenders: contendersUnder('rest', [
    {
      name: 'raw',
      how: 'a bare node:http handler that looks at nothing and answers the same bytes',
      server: 'bare-http',
    },
    OURS,
    {
      name: 'bare, with commands',
      how: 'the same handler, but it gives our command before it answers: what no API can exceed on these policies',
      server: 'bare-commands',
    },
  ]),
  judge: (medians) => [
    atLeast({ of: 'ours', against: 'raw', times: 0.7 }, medians),
    atLeast({ of: 'ours', against: 'bare, with commands', times: 0.7 }, medians),
  ],
};

const grpcRemoval: Row = {
  name: 'grpc-removal',
  work: `gRPC, 8 connections of 8 streams: ${SENT}`,
  unit: UNIT,
  warmUps: 2,
  contenders: contendersUnder('grpc', [
    {
      name: 'raw',
      how: 'plain connect-es: connectNodeAdapter on node:http2, the same policies, tokens, permission and headers',
      server: 'plain-connect-http2',
    },
    OURS,
    {
      name: 'bare node:http2',
      how: 'by streams; looks at nothing and answers the same bytes',
      server: 'bare-http2',
    },
  ]),
  judge: (medians) => [atLeast({ of: 'ours', against: 'raw', times: 3 }, medians)],
};

const grpcWebRemoval: Row = {
  name: 'grpc-web-removal',
  work: `gRPC-Web over HTTP/1.1 on 64 connections: ${SENT}`,
  unit: UNIT,
  warmUps: 2,
  contenders: contendersUnder('grpc-web', [
    { name: 'raw', how: 'plain connect-es: connectNodeAdapter on node:http, as above', server: 'plain-connect-http1' },
    OURS,
  ]),
  judge: () => [],
};

/** All rows, in the order of the table. */
export const rows: readonly Row[] = [restRemoval, grpcRemoval, grpcWebRemoval, apiMemory];
