import type { MessageInitShape } from '@bufbuild/protobuf';
import type { IdentityProvider, KnownIdentityProvider, LoginPolicyView } from '@login-policy/domain';
import type { IdentityProviderType } from '@login-policy/domain/model';
import type { IDPLoginPolicyLinkSchema, IDPType } from '@zitadel/proto/zitadel/idp_pb.js';
import type { LoginPolicySchema } from '@zitadel/proto/zitadel/policy_pb.js';
import type { LoginSettingsSchema } from '@zitadel/proto/zitadel/settings/v2/login_settings_pb.js';
import { detailsMessage } from './details.js';
import { multiFactorNumber, secondFactorNumber } from './factors.js';
import {
  OWNED_BY_INSTANCE,
  OWNED_BY_ORGANIZATION,
  PASSKEYS_ALLOWED,
  PASSKEYS_NOT_ALLOWED,
  PASSWORDLESS_ALLOWED,
  PASSWORDLESS_NOT_ALLOWED,
} from './numbers.js';
import { settingsMessage } from './settings.js';

/** Converts a policy to a message of the v1 services (admin and management). */
export function policyMessage(policy: LoginPolicyView): MessageInitShape<typeof LoginPolicySchema> {
  const isAllowed = policy.settings.passwordlessType === 'ALLOWED';
  return {
    ...settingsMessage(policy.settings),
    details: detailsMessage(policy.details),
    passwordlessType: isAllowed ? PASSWORDLESS_ALLOWED : PASSWORDLESS_NOT_ALLOWED,
    isDefault: policy.isDefault,
    secondFactors: policy.secondFactors.map(secondFactorNumber),
    multiFactors: policy.multiFactors.map(multiFactorNumber),
    idps: policy.identityProviders.map((one) => linkMessage(one)),
  };
}

/** Converts a policy to a message of the v2 settings service. */
export function loginSettingsMessage(
  policy: LoginPolicyView,
): MessageInitShape<typeof LoginSettingsSchema> & { readonly allowLocalAuthentication: boolean } {
  const isAllowed = policy.settings.passwordlessType === 'ALLOWED';
  return {
    ...settingsMessage(policy.settings),
    passkeysType: isAllowed ? PASSKEYS_ALLOWED : PASSKEYS_NOT_ALLOWED,
    secondFactors: policy.secondFactors.map(secondFactorNumber),
    multiFactors: policy.multiFactors.map(multiFactorNumber),
    resourceOwnerType: policy.isDefault ? OWNED_BY_INSTANCE : OWNED_BY_ORGANIZATION,
    // In ZITADEL, the new name of the same setting.
    allowLocalAuthentication: policy.settings.allowUsernamePassword,
  };
}

/** Converts a link to an identity provider to a message, with what the directory knows of it. */
export function linkMessage(
  { id }: IdentityProvider,
  known?: KnownIdentityProvider,
): MessageInitShape<typeof IDPLoginPolicyLinkSchema> {
  return {
    idpId: id,
    idpName: known?.name?.toWellFormed() ?? '',
    idpType: known?.type === undefined ? 0 : (LINK_TYPES[known.type] ?? 0),
  };
}

/** The two types that v1 has; all others are unspecified in it. */
const LINK_TYPES: Readonly<Partial<Record<IdentityProviderType, IDPType>>> = { OIDC: 1, JWT: 3 };
