import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { unreadable } from '../errors/refusals.js';

const STATUSES = { SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 } as const;
const VARINT = 0;

/** What grpc.health.v1 says of a service. */
export type HealthStatus = keyof typeof STATUSES;

/** A `HealthCheckResponse`, which `@zitadel/proto` has no descriptor of. */
export function healthMessage(status: HealthStatus): Uint8Array {
  return new BinaryWriter().tag(1, VARINT).int32(STATUSES[status]).finish();
}

/** The service a `HealthCheckRequest` asks of; the empty name is the server as a whole. @throws ApiError */
export function serviceIn(message: Uint8Array): string {
  try {
    const reader = new BinaryReader(message);
    let service = '';
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === 1) service = reader.string();
      else reader.skip(type, field);
    }
    return service;
  } catch {
    throw unreadable("The message can't be read as grpc.health.v1.HealthCheckRequest.");
  }
}
