import type { IdentityProviderRef, NewLoginPolicy } from '@login-policy/domain';
import type { IdentityProviderOwner } from '@login-policy/domain/model';
import type { AddCustomLoginPolicyRequest } from '@zitadel/proto/zitadel/management_pb.js';
import type { IDPOwnerType } from '@zitadel/proto/zitadel/idp_pb.js';
import { ruleBroken } from '../errors/refusals.js';
import { multiFactorOf, secondFactorOf } from './factors.js';
import { PROVIDER_OF_ORGANIZATION, PROVIDER_OF_SYSTEM } from './numbers.js';
import { settingsOf } from './settings.js';

/** The policy that a request asks to add. @throws ApiError for an unknown factor or owner. */
export function newPolicyOf(request: AddCustomLoginPolicyRequest): NewLoginPolicy {
  return {
    settings: settingsOf(request),
    secondFactors: request.secondFactors.map((type, index) => secondFactorOf(type, `secondFactors[${index}]`)),
    multiFactors: request.multiFactors.map((type, index) => multiFactorOf(type, `multiFactors[${index}]`)),
    identityProviders: request.idps.map(identityProviderOf),
  };
}

/** The identity provider that a request names. @throws ApiError when its owner is not specified. */
export function identityProviderOf({
  idpId,
  ownerType,
}: {
  readonly idpId: string;
  readonly ownerType: IDPOwnerType;
}): IdentityProviderRef {
  return { id: idpId, ownerType: ownerOf(ownerType) };
}

function ownerOf(ownerType: IDPOwnerType): IdentityProviderOwner {
  if (ownerType === PROVIDER_OF_SYSTEM) return 'SYSTEM';
  if (ownerType === PROVIDER_OF_ORGANIZATION) return 'ORG';
  throw ruleBroken('ownerType', 'specified, and one that is known');
}
