import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import {
  createFileRegistry,
  fromBinary,
  getExtension,
  hasExtension,
  toJson,
  type DescEnum,
  type DescField,
  type DescMessage,
  type DescMethod,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import { HttpRuleSchema } from '@zitadel/proto/google/api/http_pb.js';
import { openapiv2_swagger } from '@zitadel/proto/protoc-gen-openapiv2/options/annotations_pb.js';
import { FieldRulesSchema, rules } from '@zitadel/proto/validate/validate_pb.js';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { AuthOptionSchema, auth_option } from '@zitadel/proto/zitadel/options_pb.js';
import { OptionsSchema, options as v2Options } from '@zitadel/proto/zitadel/protoc_gen_zitadel/v2/options_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';

const text = readFileSync(new URL('../src/contract/descriptor-set.ts', import.meta.url), 'utf8');
const [, base64 = ''] = /'([A-Za-z0-9+/=]+)'/.exec(text) ?? [];
const served = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(base64, 'base64')));

/** All that is said of a message: its fields, theirs, and the values of their enums. */
function saidOf(desc: DescMessage, seen: Record<string, unknown> = {}): Record<string, unknown> {
  if (seen[desc.typeName] !== undefined) return seen;
  const all = seen;
  // Of a newer ZITADEL than the published descriptors.
  all[desc.typeName] = desc.fields.filter(({ name }) => name !== 'allow_local_authentication').map(fieldSaid);
  for (const { enum: valued, message } of desc.fields) {
    if (message !== undefined) saidOf(message, all);
    if (valued !== undefined) all[valued.typeName] = valuesOf(valued);
  }
  return all;
}

function fieldSaid({ jsonName, name, number, oneof, proto }: DescField): Record<string, unknown> {
  const { label, options, proto3Optional, type, typeName } = proto;
  const isRuled = options !== undefined && hasExtension(options, rules);
  const rule = isRuled ? toJson(FieldRulesSchema, getExtension(options, rules)) : undefined;
  return { ...{ jsonName, label, name, number, proto3Optional, type, typeName }, oneof: oneof?.name, rule };
}

function valuesOf({ values }: DescEnum): readonly unknown[] {
  return values.map(({ name, number }) => [name, number]);
}

function methodSaid({ input, name, methodKind, output, parent, proto: { options } }: DescMethod): unknown {
  const file = parent.file.proto.options;
  return {
    ...{ name, methodKind },
    base: file !== undefined && hasExtension(file, openapiv2_swagger) && getExtension(file, openapiv2_swagger).basePath,
    route: options && hasExtension(options, http) && toJson(HttpRuleSchema, getExtension(options, http)),
    auth: options && hasExtension(options, auth_option) && toJson(AuthOptionSchema, getExtension(options, auth_option)),
    v2: options && hasExtension(options, v2Options) && toJson(OptionsSchema, getExtension(options, v2Options)),
    ...{ input: saidOf(input), output: saidOf(output) },
  };
}

describe('the served descriptors of ZITADEL', () => {
  for (const service of [AdminService, ManagementService, SettingsService]) {
    it(`equal those of @zitadel/proto for ${service.typeName}`, () => {
      const methods = served.getService(service.typeName)?.methods ?? [];
      expect(methods).to.have.length.greaterThan(0);
      for (const method of methods) {
        const own = service.methods.find(({ name }) => name === method.name);
        expect(methodSaid(method), method.name).to.deep.equal(own && methodSaid(own));
      }
    });
  }
});
