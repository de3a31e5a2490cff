import { create, createFileRegistry, type DescMethod } from '@bufbuild/protobuf';
import {
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

const NAME = 'grpc.health.v1';
const REQUEST = `.${NAME}.HealthCheckRequest`;
const RESPONSE = `.${NAME}.HealthCheckResponse`;
const STATUS = `${RESPONSE}.ServingStatus`;
const label = FieldDescriptorProto_Label.OPTIONAL;

/** health.proto, written down by hand from what gRPC publishes: no package that is here has it. */
const file = create(FileDescriptorProtoSchema, {
  name: 'grpc/health/v1/health.proto',
  package: NAME,
  syntax: 'proto3',
  messageType: [
    {
      name: 'HealthCheckRequest',
      field: [{ name: 'service', jsonName: 'service', number: 1, label, type: FieldDescriptorProto_Type.STRING }],
    },
    {
      name: 'HealthCheckResponse',
      field: [
        {
          ...{ name: 'status', jsonName: 'status', number: 1, label },
          ...{ type: FieldDescriptorProto_Type.ENUM, typeName: STATUS },
        },
      ],
      enumType: [
        {
          name: 'ServingStatus',
          value: ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'].map((name, number) => ({ name, number })),
        },
      ],
    },
  ],
  service: [
    {
      name: 'Health',
      method: [
        { name: 'Check', inputType: REQUEST, outputType: RESPONSE },
        { name: 'Watch', inputType: REQUEST, outputType: RESPONSE, serverStreaming: true },
      ],
    },
  ],
});
const service = createFileRegistry(file, () => undefined).getService(`${NAME}.Health`);

/** The descriptor of a method of `grpc.health.v1.Health`. */
export function healthMethod<Kind extends DescMethod['methodKind']>(
  name: string,
  kind: Kind,
): DescMethod & { methodKind: Kind } {
  const found = service?.methods.find((method) => method.name === name);
  if (found === undefined || !isOfKind(found, kind)) throw new Error(`there is no ${name}`);
  return found;
}

function isOfKind<Kind extends DescMethod['methodKind']>(
  method: DescMethod,
  kind: Kind,
): method is DescMethod & { methodKind: Kind } {
  return method.methodKind === kind;
}
