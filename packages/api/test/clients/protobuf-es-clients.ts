import { fromJson, isMessage, toJson } from '@bufbuild/protobuf';
import { ConnectError, createClient, type Transport } from '@connectrpc/connect';
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  Http2SessionManager,
} from '@connectrpc/connect-node';
import { createServerTransport } from '@zitadel/client/node';
import { createClientTransport } from '@zitadel/client/web';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { callByName, headersOf, methodOf, SERVICES, type Call, type Client, type Outcome } from './client.js';

const COMPRESSED = { sendCompression: compressionGzip, compressMinBytes: 0 };
const ALL = ['admin', 'management', 'settings'] as const;

/** `@zitadel/client` as a server uses it: gRPC over HTTP/2. */
export function zitadelGrpc(baseUrl: string): Client {
  return overTransports('@zitadel/client over gRPC', (token) => createServerTransport(token, { baseUrl }));
}

/** `@zitadel/client` as a browser uses it: gRPC-Web over fetch. */
export function zitadelWeb(baseUrl: string): Client {
  return overTransports('@zitadel/client over gRPC-Web', (token) => createClientTransport(token, { baseUrl }));
}

/** Connect with JSON over HTTP/1.1. */
export function connectJson(baseUrl: string): Client {
  return overTransports('connect-node, JSON over HTTP/1.1', () =>
    createConnectTransport({ baseUrl, httpVersion: '1.1' }),
  );
}

/** Connect with protobuf over HTTP/2, compressed. */
export function connectBinary(baseUrl: string): Client {
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createConnectTransport({
    baseUrl,
    httpVersion: '2',
    sessionManager,
    useBinaryFormat: true,
    ...COMPRESSED,
  });
  return {
    ...overTransports('connect-node, protobuf over HTTP/2', () => transport),
    close: () => sessionManager.abort(),
  };
}

/** gRPC with every message compressed. */
export function grpcCompressed(baseUrl: string): Client {
  const sessionManager = new Http2SessionManager(baseUrl);
  const transport = createGrpcTransport({ baseUrl, sessionManager, ...COMPRESSED });
  return { ...overTransports('connect-node, compressed gRPC', () => transport), close: () => sessionManager.abort() };
}

function overTransports(name: string, transportFor: (token: string) => Transport): Client {
  const transports = new Map<string, Transport>();
  return {
    name,
    services: ALL,
    call: (call) => {
      const token = call.token ?? '';
      const transport = transports.get(token) ?? transportFor(token);
      transports.set(token, transport);
      return callOver(transport, call);
    },
  };
}

async function callOver(transport: Transport, call: Call): Promise<Outcome> {
  const { input, localName, output } = methodOf(call);
  const client = createClient(SERVICES[call.service], transport);
  const options = { headers: headersOf(call) };
  try {
    const answer = await callByName(client, localName, [fromJson(input, call.request ?? {}), options]);
    if (!isMessage(answer, output)) throw new Error(`${localName} answered something else`);
    return { ok: true, json: toJson(output, answer) };
  } catch (caught) {
    if (!(caught instanceof ConnectError)) throw caught;
    const [detail] = caught.findDetails(ErrorDetailSchema);
    return { ok: false, code: caught.code, message: caught.rawMessage, id: detail?.id ?? 'no detail' };
  }
}
