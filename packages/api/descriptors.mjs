/**
 * Writes src/contract/descriptor-set.ts: of ZITADEL's descriptors (`@zitadel/proto`) those that are served, and what
 * they need. All of them would cost every program that imports the API a quarter of a second. With `--check` it only
 * compares.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { create, getExtension, hasExtension, setExtension, toBinary } from '@bufbuild/protobuf';
import {
  DescriptorProtoSchema,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  FileOptionsSchema,
  MethodOptionsSchema,
  ServiceDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import { openapiv2_swagger } from '@zitadel/proto/protoc-gen-openapiv2/options/annotations_pb.js';
import { SwaggerSchema } from '@zitadel/proto/protoc-gen-openapiv2/options/openapiv2_pb.js';
import { rules } from '@zitadel/proto/validate/validate_pb.js';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { auth_option } from '@zitadel/proto/zitadel/options_pb.js';
import { options as v2Options } from '@zitadel/proto/zitadel/protoc_gen_zitadel/v2/options_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';

const SHARED = [
  ...['Healthz', 'GetLoginPolicy', 'ListLoginPolicyIDPs', 'AddIDPToLoginPolicy', 'RemoveIDPFromLoginPolicy'],
  ...['ListLoginPolicySecondFactors', 'AddSecondFactorToLoginPolicy', 'RemoveSecondFactorFromLoginPolicy'],
  ...['ListLoginPolicyMultiFactors', 'AddMultiFactorToLoginPolicy', 'RemoveMultiFactorFromLoginPolicy'],
];
const SERVED = new Map([
  [AdminService, [...SHARED, 'UpdateLoginPolicy', 'ListEvents', 'ListEventTypes', 'ListAggregateTypes']],
  [
    ManagementService,
    [
      ...SHARED,
      ...['GetDefaultLoginPolicy', 'AddCustomLoginPolicy', 'UpdateCustomLoginPolicy', 'ResetLoginPolicyToDefault'],
    ],
  ],
  [SettingsService, ['GetLoginSettings', 'GetActiveIdentityProviders']],
]);
/** The options that the API reads; all others (examples and texts of ZITADEL's own documentation) are left out. */
const EXTENSIONS = [http, auth_option, v2Options, rules, openapiv2_swagger];
/** Of these messages only some fields: a rule of another kind is one that the API refuses to start with. */
const FIELDS_OF = new Map([
  ['google.protobuf.FileOptions', []],
  ['google.protobuf.MethodOptions', []],
  ['google.protobuf.FieldOptions', []],
  [SwaggerSchema.typeName, ['base_path']],
  ['validate.RepeatedRules', ['max_items']],
  ['validate.FieldRules', ['bool', 'string', 'enum', 'repeated']],
]);
/** Fields of today's ZITADEL that `@zitadel/proto` 1.3.1 lacks: its login app shows no form of sign-in without this one. */
const NEW_FIELDS = new Map([
  [
    'zitadel.settings.v2.LoginSettings',
    [{ name: 'allow_local_authentication', jsonName: 'allowLocalAuthentication', number: 20 }],
  ],
]);

const needed = new Set();
for (const [service, names] of SERVED) {
  for (const method of methodsOf(service, names)) {
    need(method.input);
    need(method.output);
  }
  need(service);
}
need(ErrorDetailSchema);
for (const extension of EXTENSIONS) {
  need(extension.extendee);
  need(extension.message);
  need(extension);
}
const set = create(FileDescriptorSetSchema, { file: filesInOrder().map(trimmedFile) });
write(Buffer.from(toBinary(FileDescriptorSetSchema, set)).toString('base64'));

function methodsOf(service, names) {
  const methods = service.methods.filter(({ name }) => names.includes(name));
  if (methods.length !== names.length) throw new Error(`${service.typeName} lacks one of ${names.join(', ')}`);
  return methods;
}

function need(desc) {
  if (needed.has(desc)) return;
  needed.add(desc);
  if (desc.parent !== undefined) need(desc.parent);
  for (const field of desc.kind === 'message' ? fieldsOf(desc) : []) {
    if (field.fieldKind === 'map' && !isWhole(desc.file))
      throw new Error(`${field} is a map, which is not foreseen here`);
    if (field.message !== undefined) need(field.message);
    if (field.enum !== undefined) need(field.enum);
  }
}

/** `Struct` is the only message with a map. Its file is kept as it is. */
function isWhole(file) {
  return file.proto.name === 'google/protobuf/struct.proto';
}

function fieldsOf(desc) {
  const names = FIELDS_OF.get(desc.typeName);
  return names === undefined ? desc.fields : desc.fields.filter(({ name }) => names.includes(name));
}

/** The files of all that is needed, each behind those it needs itself. */
function filesInOrder() {
  const inUse = new Set([...needed].map(({ file }) => file));
  const ordered = new Set();
  const visit = (file) => {
    file.dependencies.forEach(visit);
    if (inUse.has(file)) ordered.add(file);
  };
  inUse.forEach(visit);
  return [...ordered];
}

function trimmedFile(file, _, all) {
  if (isWhole(file)) return file.proto;
  const { name, options = create(FileOptionsSchema), package: inPackage, syntax, edition } = file.proto;
  return create(FileDescriptorProtoSchema, {
    ...{ name, package: inPackage, syntax, edition },
    dependency: file.dependencies.filter((other) => all.includes(other)).map(({ proto }) => proto.name),
    messageType: protosOf(file.messages),
    enumType: protosOf(file.enums),
    extension: protosOf(file.extensions),
    service: protosOf(file.services),
    options: trimmedOptions(FileOptionsSchema, options),
  });
}

function protosOf(descs) {
  return descs.filter((desc) => needed.has(desc)).map(trimmed);
}

function trimmed(desc) {
  const { kind, proto } = desc;
  if (kind === 'message') {
    return create(DescriptorProtoSchema, {
      name: proto.name,
      field: [...fieldsOf(desc).map((field) => withOptions(FieldOptionsSchema, field.proto)), ...newFieldsOf(desc)],
      nestedType: protosOf(desc.nestedMessages),
      enumType: protosOf(desc.nestedEnums),
      oneofDecl: proto.oneofDecl,
    });
  }
  if (kind !== 'service') return proto;
  const methods = methodsOf(desc, SERVED.get(desc));
  const method = methods.map((one) => withOptions(MethodOptionsSchema, one.proto));
  return create(ServiceDescriptorProtoSchema, { name: proto.name, method });
}

function newFieldsOf(desc) {
  const { BOOL: type } = FieldDescriptorProto_Type;
  const label = FieldDescriptorProto_Label.OPTIONAL;
  return (NEW_FIELDS.get(desc.typeName) ?? []).map((field) => {
    if (desc.fields.some(({ number }) => number === field.number))
      throw new Error(`${field.name} is no longer missing`);
    return create(FieldDescriptorProtoSchema, { ...field, type, label });
  });
}

function withOptions(schema, { options, ...proto }) {
  return options === undefined ? proto : { ...proto, options: trimmedOptions(schema, options) };
}

/** Byte by byte as they are, but for ZITADEL's title page in the options of a file: only its base path is read. */
function trimmedOptions(schema, options) {
  const kept = create(schema);
  for (const extension of EXTENSIONS.filter(({ extendee }) => extendee.typeName === schema.typeName)) {
    if (!hasExtension(options, extension)) continue;
    const value = getExtension(options, extension);
    setExtension(kept, extension, extension === openapiv2_swagger ? { basePath: value.basePath } : value);
  }
  return kept;
}

function write(base64) {
  const path = new URL('src/contract/descriptor-set.ts', import.meta.url);
  const text = `/** Written by packages/api/descriptors.mjs: a google.protobuf.FileDescriptorSet of what is served, in base64. */
export const DESCRIPTOR_SET: string =
  '${base64}';
`;
  if (!process.argv.includes('--check')) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text) throw new Error('Run node packages/api/descriptors.mjs');
}
