import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { MULTI_FACTORS, SECOND_FACTORS, type LoginPolicyView } from '@login-policy/domain';
import type { GetLoginPolicyResponseSchema } from '@zitadel/proto/zitadel/admin_pb.js';
import { PasswordlessType } from '@zitadel/proto/zitadel/policy_pb.js';

/** A policy as an answer carries it: written once by hand, for the server by hand and for connect-es. */
export function policyAnswer(view: LoginPolicyView): MessageInitShape<typeof GetLoginPolicyResponseSchema> {
  const { details, settings } = view;
  const { lifetimes, passwordlessType, ...others } = settings;
  return {
    policy: {
      ...others,
      details: {
        sequence: details.sequence,
        creationDate: timestampFromMs(details.creationDate.toMillis()),
        changeDate: timestampFromMs(details.changeDate.toMillis()),
        resourceOwner: details.resourceOwner,
      },
      isDefault: view.isDefault,
      passwordlessType: passwordlessType === 'ALLOWED' ? PasswordlessType.ALLOWED : PasswordlessType.NOT_ALLOWED,
      passwordCheckLifetime: durationFromMs(lifetimes.passwordCheck.toMillis()),
      externalLoginCheckLifetime: durationFromMs(lifetimes.externalLoginCheck.toMillis()),
      mfaInitSkipLifetime: durationFromMs(lifetimes.mfaInitSkip.toMillis()),
      secondFactorCheckLifetime: durationFromMs(lifetimes.secondFactorCheck.toMillis()),
      multiFactorCheckLifetime: durationFromMs(lifetimes.multiFactorCheck.toMillis()),
      secondFactors: view.secondFactors.map((factor) => SECOND_FACTORS.indexOf(factor) + 1),
      multiFactors: view.multiFactors.map((factor) => MULTI_FACTORS.indexOf(factor) + 1),
      idps: view.identityProviders.map(({ id }) => ({ idpId: id })),
    },
  };
}
