import type { CommandInput, InstanceRef, OwnerRef } from '@login-policy/domain';
import { isOrganization } from '@login-policy/domain/model';
import type { RequestContext } from '@zitadel/proto/zitadel/object/v2/object_pb.js';
import { ADMIN, MANAGEMENT, SETTINGS } from '../contract/descriptors.js';
import { detailsMessage } from '../messages/details.js';
import { identityProviderOf, newPolicyOf } from '../messages/new-policy.js';
import { loginSettingsMessage, policyMessage } from '../messages/policy.js';
import { settingsOf } from '../messages/settings.js';
import type { ReadContext } from './call-context.js';
import { etagOfEffective } from './policy-answers.js';
import { OF_EITHER, OF_INSTANCE, OF_ORGANIZATION } from './scope.js';
import { serve, serveCommand, serveHealth, type Binding, type ServedMethod } from './served-method.js';
import { sharedMethods } from './shared-methods.js';

/** Every method that is served, bound to the login policies. */
export function servedMethods(binding: Binding): readonly ServedMethod[] {
  return [
    ...adminMethods(binding),
    ...sharedMethods(OF_INSTANCE, ADMIN.method, binding),
    ...managementReads(binding),
    ...managementCommands(binding),
    ...sharedMethods(OF_ORGANIZATION, MANAGEMENT.method, binding),
    loginSettings(binding),
  ];
}

function adminMethods(binding: Binding): readonly ServedMethod[] {
  const { policies, answers } = binding;
  const { method } = ADMIN;
  return [
    serveHealth(method.healthz),
    serve(OF_INSTANCE, method.getLoginPolicy, (_, { owner, read }) =>
      answers.ofPolicy(policies.policy(owner, read), (policy) => ({ policy: policyMessage(policy) })),
    ),
    serveCommand(OF_INSTANCE, method.updateLoginPolicy, { commandOf: changeOf, binding }),
    serveCommand(OF_INSTANCE, method.addIDPToLoginPolicy, {
      commandOf: ({ idpId }) => ({
        type: 'addIdentityProvider',
        identityProvider: { id: idpId, ownerType: 'SYSTEM' },
      }),
      binding,
    }),
  ];
}

function managementReads({ policies, answers }: Binding): readonly ServedMethod[] {
  const { method } = MANAGEMENT;
  return [
    serveHealth(method.healthz),
    serve(OF_ORGANIZATION, method.getLoginPolicy, (_, { owner, read }) =>
      answers.ofPolicy(
        policies.effectivePolicy(owner, read),
        (policy) => ({ policy: policyMessage(policy), isDefault: policy.isDefault }),
        etagOfEffective,
      ),
    ),
    serve(OF_ORGANIZATION, method.getDefaultLoginPolicy, (_, { instance, read }) =>
      answers.ofPolicy(
        policies.policy(instance, read),
        (policy) => ({ policy: policyMessage(policy) }),
        etagOfEffective,
      ),
    ),
  ];
}

function managementCommands(binding: Binding): readonly ServedMethod[] {
  const { method } = MANAGEMENT;
  return [
    serveCommand(OF_ORGANIZATION, method.addCustomLoginPolicy, {
      commandOf: (request) => ({ type: 'add', policy: newPolicyOf(request) }),
      binding,
    }),
    serveCommand(OF_ORGANIZATION, method.updateCustomLoginPolicy, { commandOf: changeOf, binding }),
    serveCommand(OF_ORGANIZATION, method.resetLoginPolicyToDefault, { commandOf: () => ({ type: 'remove' }), binding }),
    serveCommand(OF_ORGANIZATION, method.addIDPToLoginPolicy, {
      commandOf: (request) => ({ type: 'addIdentityProvider', identityProvider: identityProviderOf(request) }),
      binding,
    }),
  ];
}

function changeOf(request: Parameters<typeof settingsOf>[0]): CommandInput {
  return { type: 'change', settings: settingsOf(request) };
}

/** The only method of v2. Its request may name the organization or the instance. */
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

/** A caller who may read an organization's policy may also read the default, which it falls back to. */
function ownerIn(
  named: RequestContext['resourceOwner'] | undefined,
  context: ReadContext<OwnerRef>,
): Promise<OwnerRef> | InstanceRef | OwnerRef {
  if (named?.case === 'orgId' && named.value !== '') return context.organization(named.value);
  if (named?.case === 'instance') return context.instance;
  return context.owner;
}
