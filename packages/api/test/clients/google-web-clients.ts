import { createRequire } from 'node:module';
import { fromBinary, fromJson, toBinary, toJson, type JsonObject } from '@bufbuild/protobuf';
import { GrpcWebClientBase, MethodDescriptor, MethodType, RpcError } from 'grpc-web';
import { headersOf, methodOf, type Call, type Client, type Outcome } from './client.js';

// Google's client is for browsers: what it asks for is theirs. It has no types, and of Node's own there is none.
const XMLHttpRequest: unknown = createRequire(import.meta.url)('xhr2');
Object.assign(globalThis, { XMLHttpRequest });

/** Google's own gRPC-Web in base64, the form in which it can read streams. */
export function googleWebText(url: string): Client {
  const client = new GrpcWebClientBase({ format: 'text' });
  return {
    name: 'grpc-web, grpcwebtext over XMLHttpRequest',
    services: ['admin', 'management', 'settings'],
    call: (call) => callOn(client, url, call),
  };
}

async function callOn(client: GrpcWebClientBase, url: string, call: Call): Promise<Outcome> {
  const { input, name, output, parent } = methodOf(call);
  const path = `/${parent.typeName}/${name}`;
  const method = new MethodDescriptor(
    path,
    MethodType.UNARY,
    Object,
    Object,
    (request: JsonObject) => toBinary(input, fromJson(input, request)),
    (bytes: Uint8Array) => toJson(output, fromBinary(output, bytes)),
  );
  try {
    const json = await client.unaryCall<JsonObject, JsonObject>(
      url + path,
      call.request ?? {},
      headersOf(call),
      method,
    );
    return { ok: true, json };
  } catch (caught) {
    if (!(caught instanceof RpcError)) throw caught;
    return { ok: false, code: caught.code, message: caught.message, id: idIn(caught) };
  }
}

/** The id is told by the details in the trailers, not only by the text. */
function idIn({ message, metadata }: RpcError): string {
  const id = /\(([\w-]+)\)$/.exec(message)?.[1] ?? 'no id';
  const details = Buffer.from(metadata['grpc-status-details-bin'] ?? '', 'base64');
  return details.includes(id) ? id : 'no detail';
}
