import type { InstanceRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import { isFault } from '@login-policy/event-sourcing';
import type { RequestContext } from '@zitadel/proto/zitadel/object/v2/object_pb.js';
import { SETTINGS } from '../contract/descriptors.js';
import { directoryAway, noDirectory } from '../errors/refusals.js';
import { detailsMessage, timestampOf } from '../messages/details.js';
import { identityProviderMessage, isWanted } from '../messages/identity-providers.js';
import { loginSettingsMessage } from '../messages/policy.js';
import type { ReadContext } from './call-context.js';
import { knownBy } from './known-providers.js';
import { etagOfEffective } from './policy-answers.js';
import { OF_EITHER } from './scope.js';
import { serve, type Binding, type ServedMethod } from './served-method.js';

/** The methods of v2, which are about the login policy. Their requests may name the organization or the instance. */
export function settingsMethods(binding: Binding): readonly ServedMethod[] {
  return [loginSettings(binding), activeIdentityProviders(binding)];
}

function loginSettings({ policies, answers }: Binding): ServedMethod {
  return serve(OF_EITHER, SETTINGS.method.getLoginSettings, async ({ ctx }, context) => {
    const owner = await ownerIn(ctx?.resourceOwner, context);
    const reading = isOrganization(owner)
      ? policies.effectivePolicy(owner, context.read)
      : policies.policy(owner, context.read);
    return answers.ofPolicy(
      reading,
      (policy) => ({ details: detailsMessage(policy.details), settings: loginSettingsMessage(policy) }),
      etagOfEffective,
    );
  });
}

/** Without a tag: the directory may change while the policy stays. */
function activeIdentityProviders({ policies, answers }: Binding): ServedMethod {
  const method = serve(OF_EITHER, SETTINGS.method.getActiveIdentityProviders, async (request, context) => {
    const owner = await ownerIn(request.ctx?.resourceOwner, context);
    if (!policies.namesIdentityProviders) throw noDirectory();
    const { details, items } = await answers.ofRead(policies.identityProviders(owner, context.read));
    const known = await knownBy(policies, { owner, items, signal: context.read.signal });
    if ('failure' in known) throw isFault(known.failure) ? known.failure : directoryAway(known.failure);
    const active = [...known.byId.values()].filter((one) => isWanted(one, request));
    const totalResult = BigInt(active.length);
    return {
      message: {
        details: { totalResult, processedSequence: details.sequence, timestamp: timestampOf(details.changeDate) },
        identityProviders: active.map(identityProviderMessage),
      },
    };
  });
  return { ...method, isOptional: true };
}

/** A caller who may read an organization's policy may also read the default, which it falls back to. */
function ownerIn(
  named: RequestContext['resourceOwner'] | undefined,
  context: ReadContext<OwnerRef>,
): Promise<OwnerRef> | InstanceRef | OwnerRef {
  if (named?.case === 'orgId' && named.value !== '') return context.organization(named.value);
  if (named?.case === 'instance') return context.instance;
  return context.owner;
}
