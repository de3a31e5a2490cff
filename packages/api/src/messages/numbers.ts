import type { IDPOwnerType } from '@zitadel/proto/zitadel/idp_pb.js';
import type { PasswordlessType } from '@zitadel/proto/zitadel/policy_pb.js';
import type { PasskeysType } from '@zitadel/proto/zitadel/settings/v2/login_settings_pb.js';
import type { ResourceOwnerType } from '@zitadel/proto/zitadel/settings/v2/settings_pb.js';

// Each number is held against ZITADEL's own by the compiler.

export const PASSWORDLESS_NOT_ALLOWED: PasswordlessType.NOT_ALLOWED = 0;
export const PASSWORDLESS_ALLOWED: PasswordlessType.ALLOWED = 1;
export const PASSKEYS_NOT_ALLOWED: PasskeysType.NOT_ALLOWED = 0;
export const PASSKEYS_ALLOWED: PasskeysType.ALLOWED = 1;
export const OWNED_BY_INSTANCE: ResourceOwnerType.INSTANCE = 1;
export const OWNED_BY_ORGANIZATION: ResourceOwnerType.ORG = 2;
export const PROVIDER_OF_SYSTEM: IDPOwnerType.IDP_OWNER_TYPE_SYSTEM = 1;
export const PROVIDER_OF_ORGANIZATION: IDPOwnerType.IDP_OWNER_TYPE_ORG = 2;
