import { ScalarType, type DescEnum, type DescField, type DescMessage } from '@bufbuild/protobuf';
import { enumNames } from '../contract/open-enums.js';

/** A JSON schema, as OpenAPI 3.1 has them. */
export type Schema = Readonly<Record<string, unknown>>;

/** Collects the schemas of the referenced messages, each once by name. */
export class Schemas {
  readonly #schemas = new Map<string, Schema>();

  /** A reference to the schema of a message. */
  of(desc: DescMessage): Schema {
    const wellKnown = WELL_KNOWN[desc.typeName];
    if (wellKnown !== undefined) return wellKnown;
    if (!this.#schemas.has(desc.typeName)) {
      // Reserved first, so that a recursive message ends.
      this.#schemas.set(desc.typeName, {});
      this.#schemas.set(desc.typeName, this.inline(desc, []));
    }
    return { $ref: `#/components/schemas/${desc.typeName}` };
  }

  /** The schema of a message without the fields that are in the path. */
  inline(desc: DescMessage, without: readonly string[]): Schema {
    const fields = desc.fields.filter(({ name }) => !without.includes(name));
    return {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field.jsonName, this.field(field)])),
    };
  }

  /** The schema of a field's value. */
  field(field: DescField): Schema {
    switch (field.fieldKind) {
      case 'scalar':
        return scalarSchema(field.scalar);
      case 'enum':
        return enumSchema(field.enum);
      case 'message':
        return this.of(field.message);
      case 'map':
        return { type: 'object' };
      case 'list':
        return { type: 'array', items: this.#item(field) };
    }
  }

  /** All schemas gathered so far, by name. */
  all(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.#schemas].sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  #item(field: DescField & { readonly fieldKind: 'list' }): Schema {
    if (field.listKind === 'message') return this.of(field.message);
    return field.listKind === 'enum' ? enumSchema(field.enum) : scalarSchema(field.scalar);
  }
}

const WELL_KNOWN: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$', examples: ['864000s'] },
};

function enumSchema(desc: DescEnum): Schema {
  return { oneOf: [{ type: 'string', enum: enumNames(desc) }, { type: 'integer' }] };
}

const SENT_AS_STRING: readonly ScalarType[] = [
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
  ScalarType.SINT64,
];

function scalarSchema(scalar: ScalarType): Schema {
  if (scalar === ScalarType.BOOL) return { type: 'boolean' };
  if (scalar === ScalarType.STRING) return { type: 'string' };
  if (scalar === ScalarType.BYTES) return { type: 'string', contentEncoding: 'base64' };
  if (SENT_AS_STRING.includes(scalar)) return { type: 'string', pattern: '^-?[0-9]+$' };
  return { type: scalar === ScalarType.DOUBLE || scalar === ScalarType.FLOAT ? 'number' : 'integer' };
}
