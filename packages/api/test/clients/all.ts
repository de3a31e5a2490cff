import type { Client } from './client.js';
import { curlClient } from './curl.js';
import { googleWebText } from './google-web-clients.js';
import { connectBinary, connectJson, grpcCompressed, zitadelGrpc, zitadelWeb } from './protobuf-es-clients.js';
import { niceWeb, zitadelNode } from './ts-proto-clients.js';

/** Every client that is tried, each over a connection of its own. */
export const CLIENTS: readonly ((url: string) => Client)[] = [
  zitadelGrpc,
  zitadelWeb,
  connectJson,
  connectBinary,
  grpcCompressed,
  zitadelNode,
  niceWeb,
  googleWebText,
  curlClient,
];
