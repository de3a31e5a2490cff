import {
  createFileRegistry,
  fromBinary,
  type DescExtension,
  type DescMessage,
  type DescService,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import type { http } from '@zitadel/proto/google/api/annotations_pb.js';
import type { openapiv2_swagger } from '@zitadel/proto/protoc-gen-openapiv2/options/annotations_pb.js';
import type { rules } from '@zitadel/proto/validate/validate_pb.js';
import type { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import type { GetLoginPolicyResponseSchema, ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import type { auth_option } from '@zitadel/proto/zitadel/options_pb.js';
import type { options } from '@zitadel/proto/zitadel/protoc_gen_zitadel/v2/options_pb.js';
import type { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';
import { DESCRIPTOR_SET } from './descriptor-set.js';

const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, Buffer.from(DESCRIPTOR_SET, 'base64')));

type Descriptor = DescExtension | DescMessage | DescService;

/** The descriptor with this name. It lacks the methods that are not served, although its type has them. */
function descriptorOf<Desc extends Descriptor>(name: string): Desc {
  const desc = registry.get(name);
  if (hasName<Desc>(desc, name)) return desc;
  throw new Error(`packages/api/descriptors.mjs left out ${name}`);
}

/** Narrows the type by the name: types and descriptors are generated from the same file. */
function hasName<Desc extends Descriptor>(desc: ReturnType<typeof registry.get>, name: string): desc is Desc {
  return desc?.typeName === name;
}

export const ADMIN: typeof AdminService = descriptorOf('zitadel.admin.v1.AdminService');
export const MANAGEMENT: typeof ManagementService = descriptorOf('zitadel.management.v1.ManagementService');
export const SETTINGS: typeof SettingsService = descriptorOf('zitadel.settings.v2.SettingsService');
export const ERROR_DETAIL: typeof ErrorDetailSchema = descriptorOf('zitadel.v1.ErrorDetail');
export const EFFECTIVE_POLICY: typeof GetLoginPolicyResponseSchema = descriptorOf(
  'zitadel.management.v1.GetLoginPolicyResponse',
);

/** The options of ZITADEL's descriptors that are used. */
export const OPTIONS: {
  readonly http: typeof http;
  readonly auth: typeof auth_option;
  readonly authOfV2: typeof options;
  readonly swagger: typeof openapiv2_swagger;
  readonly rules: typeof rules;
} = {
  http: descriptorOf('google.api.http'),
  auth: descriptorOf('zitadel.v1.auth_option'),
  authOfV2: descriptorOf('zitadel.protoc_gen_zitadel.v2.options'),
  swagger: descriptorOf('grpc.gateway.protoc_gen_openapiv2.options.openapiv2_swagger'),
  rules: descriptorOf('validate.rules'),
};
