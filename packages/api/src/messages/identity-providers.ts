import type { MessageInitShape } from '@bufbuild/protobuf';
import type { KnownIdentityProvider } from '@login-policy/domain';
import type { IdentityProviderType } from '@login-policy/domain/model';
import type { AutoLinkingOption } from '@zitadel/proto/zitadel/idp/v2/idp_pb.js';
import type {
  IdentityProviderSchema,
  IdentityProviderType as TypeNumber,
} from '@zitadel/proto/zitadel/settings/v2/login_settings_pb.js';
import type { GetActiveIdentityProvidersRequest } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';

const TYPES: Readonly<Record<IdentityProviderType, TypeNumber>> = {
  OIDC: 1,
  JWT: 2,
  LDAP: 3,
  OAUTH: 4,
  AZURE_AD: 5,
  GITHUB: 6,
  GITHUB_ES: 7,
  GITLAB: 8,
  GITLAB_SELF_HOSTED: 9,
  GOOGLE: 10,
  SAML: 11,
  APPLE: 12,
};

const AUTO_LINKING: Readonly<Record<NonNullable<KnownIdentityProvider['autoLinking']>, AutoLinkingOption>> = {
  USERNAME: 1,
  EMAIL: 2,
};

/** Converts an identity provider of the directory to a message of the v2 settings service. */
export function identityProviderMessage(known: KnownIdentityProvider): MessageInitShape<typeof IdentityProviderSchema> {
  const { autoLinking, id, isAutoCreation, isAutoUpdate, isCreationAllowed, isLinkingAllowed, name, type } = known;
  return {
    id,
    name: name?.toWellFormed() ?? '',
    type: type === undefined ? 0 : TYPES[type],
    options: {
      isLinkingAllowed: isLinkingAllowed === true,
      isCreationAllowed: isCreationAllowed === true,
      isAutoCreation: isAutoCreation === true,
      isAutoUpdate: isAutoUpdate === true,
      autoLinking: autoLinking === undefined ? 0 : AUTO_LINKING[autoLinking],
    },
  };
}

/** Whether an identity provider is as all filters of a request want it. */
export function isWanted(known: KnownIdentityProvider, request: GetActiveIdentityProvidersRequest): boolean {
  const { autoCreation, autoLinking, creationAllowed, linkingAllowed } = request;
  return (
    isAs(creationAllowed, known.isCreationAllowed) &&
    isAs(linkingAllowed, known.isLinkingAllowed) &&
    isAs(autoCreation, known.isAutoCreation) &&
    isAs(autoLinking, known.autoLinking !== undefined)
  );
}

function isAs(wanted: boolean | undefined, is: boolean | undefined): boolean {
  return wanted === undefined || wanted === (is === true);
}
