import type { DescMessage } from '@bufbuild/protobuf';
import { withEnumNumbers, type UnknownNames } from '../contract/enum-names.js';
import type { RequestHeaders } from '../ports/ports.js';
import { bodyFields } from '../rest/read-request.js';
import { frame, unframe } from './grpc-frame.js';
import { packingOf, unpacked } from './packing.js';

/** A body of a call, and what it has to be read by. */
export interface CallBody {
  readonly bytes: Uint8Array;
  readonly headers: RequestHeaders;
  readonly input: DescMessage;
  readonly maxBytes: number;
  readonly unknownNames: UnknownNames;
}

/**
 * A body in JSON with numbers in the place of the names of enum values; any other as it is. connect-es takes a name that it
 * does not know for one that was not said: a policy would be weaker than was asked for, and nobody told.
 *
 * @throws ApiError for such a name, and for what is no JSON.
 */
export async function withKnownNames({ bytes, headers, input, maxBytes, unknownNames }: CallBody): Promise<Uint8Array> {
  const type = headers.get('content-type') ?? '';
  const inNumbers = (json: Uint8Array): Uint8Array =>
    Buffer.from(JSON.stringify(withEnumNumbers(input, bodyFields(json), unknownNames)));
  if (/^application\/json\b/i.test(type)) {
    const packing = packingOf(headers.get('content-encoding'));
    const json = inNumbers(await unpacked(bytes, { packing, maxBytes }));
    return packing === undefined ? json : packing.compress(json);
  }
  if (!/^application\/grpc(?:-web)?\+json\b/i.test(type)) return bytes;
  return frame(inNumbers(await unframe(bytes, { packing: packingOf(headers.get('grpc-encoding')), maxBytes })));
}
