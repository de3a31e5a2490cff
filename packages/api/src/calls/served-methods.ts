import type { CommandInput } from '@login-policy/domain';
import { ADMIN, MANAGEMENT } from '../contract/descriptors.js';
import { identityProviderOf, newPolicyOf } from '../messages/new-policy.js';
import { policyMessage } from '../messages/policy.js';
import { settingsOf } from '../messages/settings.js';
import { etagOfEffective } from './policy-answers.js';
import { OF_INSTANCE, OF_ORGANIZATION } from './scope.js';
import { serve, serveCommand, serveHealth, type Binding, type ServedMethod } from './served-method.js';
import { eventMethods } from './event-methods.js';
import { settingsMethods } from './settings-methods.js';
import { sharedMethods } from './shared-methods.js';

/** Every method that is served, bound to the login policies. */
export function servedMethods(binding: Binding): readonly ServedMethod[] {
  return [
    ...adminMethods(binding),
    ...sharedMethods(OF_INSTANCE, ADMIN.method, binding),
    ...managementReads(binding),
    ...managementCommands(binding),
    ...sharedMethods(OF_ORGANIZATION, MANAGEMENT.method, binding),
    ...settingsMethods(binding),
    ...eventMethods(binding),
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
