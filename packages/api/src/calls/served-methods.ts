import type { InstanceRef, OwnerRef } from '@login-policy/domain';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { ManagementService } from '@zitadel/proto/zitadel/management_pb.js';
import type { RequestContext } from '@zitadel/proto/zitadel/object/v2/object_pb.js';
import { SettingsService } from '@zitadel/proto/zitadel/settings/v2/settings_service_pb.js';
import { detailsMessage } from '../messages/details.js';
import { identityProviderOf, newPolicyOf } from '../messages/new-policy.js';
import { loginSettingsMessage, policyMessage } from '../messages/policy.js';
import { settingsOf } from '../messages/settings.js';
import type { CallContext } from './call-context.js';
import { effectiveTag } from './policy-answers.js';
import { OF_EITHER, OF_INSTANCE, OF_ORGANIZATION } from './scope.js';
import { serve, serveHealth, type ServedMethod } from './served-method.js';
import { sharedMethods, type Desk } from './shared-methods.js';

/** Every method that is served, bound to the login policies. */
export function servedMethods(desk: Desk): readonly ServedMethod[] {
  return [
    ...adminMethods(desk),
    ...sharedMethods(OF_INSTANCE, AdminService.method, desk),
    ...managementReads(desk),
    ...managementCommands(desk),
    ...sharedMethods(OF_ORGANIZATION, ManagementService.method, desk),
    loginSettings(desk),
  ];
}

function adminMethods({ policies, answers }: Desk): readonly ServedMethod[] {
  const { method } = AdminService;
  return [
    serveHealth(method.healthz),
    serve(OF_INSTANCE, method.getLoginPolicy, (_, { owner, read }) =>
      answers.ofPolicy(policies.policy(owner, read), (policy) => ({ policy: policyMessage(policy) })),
    ),
    serve(OF_INSTANCE, method.updateLoginPolicy, (request, { owner, command }) =>
      answers.ofCommand(policies.change(owner, settingsOf(request), command)),
    ),
    serve(OF_INSTANCE, method.addIDPToLoginPolicy, ({ idpId }, { owner, command }) =>
      answers.ofCommand(policies.addIdentityProvider(owner, { id: idpId, ownerType: 'SYSTEM' }, command)),
    ),
  ];
}

function managementReads({ policies, answers }: Desk): readonly ServedMethod[] {
  const { method } = ManagementService;
  return [
    serveHealth(method.healthz),
    serve(OF_ORGANIZATION, method.getLoginPolicy, (_, { owner, read }) =>
      answers.ofPolicy(
        policies.effectivePolicy(owner, read),
        (policy) => ({ policy: policyMessage(policy), isDefault: policy.isDefault }),
        effectiveTag,
      ),
    ),
    serve(OF_ORGANIZATION, method.getDefaultLoginPolicy, (_, { instance, read }) =>
      answers.ofPolicy(policies.policy(instance, read), (policy) => ({ policy: policyMessage(policy) }), effectiveTag),
    ),
  ];
}

function managementCommands({ policies, answers }: Desk): readonly ServedMethod[] {
  const { method } = ManagementService;
  return [
    serve(OF_ORGANIZATION, method.addCustomLoginPolicy, (request, { owner, command }) =>
      answers.ofCommand(policies.add(owner, newPolicyOf(request), command)),
    ),
    serve(OF_ORGANIZATION, method.updateCustomLoginPolicy, (request, { owner, command }) =>
      answers.ofCommand(policies.change(owner, settingsOf(request), command)),
    ),
    serve(OF_ORGANIZATION, method.resetLoginPolicyToDefault, (_, { owner, command }) =>
      answers.ofCommand(policies.remove(owner, command)),
    ),
    serve(OF_ORGANIZATION, method.addIDPToLoginPolicy, (request, { owner, command }) =>
      answers.ofCommand(policies.addIdentityProvider(owner, identityProviderOf(request), command)),
    ),
  ];
}

/** The one method of v2: the request itself may name the organization, or the instance. */
function loginSettings({ policies, answers }: Desk): ServedMethod {
  return serve(OF_EITHER, SettingsService.method.getLoginSettings, async ({ ctx }, context) => {
    const owner = await ownerIn(ctx?.resourceOwner, context);
    const reading =
      'organizationId' in owner ? policies.effectivePolicy(owner, context.read) : policies.policy(owner, context.read);
    return answers.ofPolicy(
      reading,
      (policy) => ({ details: detailsMessage(policy.details), settings: loginSettingsMessage(policy) }),
      effectiveTag,
    );
  });
}

/** The default policy is nobody's secret: who may read an organization's may read what it falls back to. */
function ownerIn(
  named: RequestContext['resourceOwner'] | undefined,
  context: CallContext<OwnerRef>,
): Promise<OwnerRef> | InstanceRef | OwnerRef {
  if (named?.case === 'orgId' && named.value !== '') return context.organization(named.value);
  if (named?.case === 'instance') return context.instance;
  return context.owner;
}
