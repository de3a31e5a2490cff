export { LoginPolicies, openLoginPolicies, type LoginPoliciesOptions } from './login-policies.js';
export {
  orThrow,
  RejectedError,
  type Accepted,
  type CommandAnswer,
  type LoginPolicyList,
  type LoginPolicyView,
  type ReadAnswer,
  type Rejected,
} from './answers.js';
export type { Affected, OrganizationList } from './affected.js';
export type { CommandInput, CommandOptions, NewLoginPolicy } from './command-input.js';
export type {
  AddIdentityProvider,
  AddLoginPolicy,
  ChangeLoginPolicy,
  LoginPolicyCommand,
  Moment,
  MultiFactorCommand,
  PolicyToAdd,
  RemoveIdentityProvider,
  RemoveLoginPolicy,
  RevertLoginPolicy,
  SecondFactorCommand,
} from './commands.js';
export { decide, type Circumstances, type LoginPolicyDecision } from './decide.js';
export { detailsToJson, type Details, type DetailsJson, type Marks } from './details.js';
export { diffPolicies, type PolicyChange, type SettingPath, type Step } from './diff.js';
export { loginPolicyEvents } from './event-codec.js';
export type {
  IdentityProviderAdded,
  IdentityProviderRemoved,
  LoginPolicyAdded,
  LoginPolicyChanged,
  LoginPolicyEvent,
  LoginPolicyRemoved,
  MultiFactorAdded,
  MultiFactorRemoved,
  RecordedLoginPolicyEvent,
  SecondFactorAdded,
  SecondFactorRemoved,
} from './events.js';
export { evolve, evolveAll, ImpossibleEvent } from './evolve.js';
export { NO_FACTS, type PolicyFacts } from './facts.js';
export { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from './factors.js';
export { freshInstance } from './fresh-instance.js';
export type { History, HistoryEntry } from './history.js';
export {
  IDENTITY_PROVIDER_OWNERS,
  type IdentityProvider,
  type IdentityProviderDirectory,
  type IdentityProviderId,
  type IdentityProviderOwner,
  MOST_IDENTITY_PROVIDERS,
  parseIdentityProvider,
  parseIdentityProviderId,
  type IdentityProviderRef,
} from './identity-provider.js';
export { InvalidValue, UnknownMember, type InvalidFacts, type Parser } from './invalid-value.js';
export { LIFETIME_NAMES, type LifetimeInput, type LifetimeName, type Lifetimes } from './lifetimes.js';
export { nearestName } from './nearest-name.js';
export { ABSENT, type AbsentPolicy, type ActivePolicy, type LoginPolicy } from './login-policy.js';
export {
  INSTANCE_CATEGORY,
  ORGANIZATION_CATEGORY,
  isOrganization,
  ownerOfStream,
  parseInstance,
  parseOrganization,
  parseOwner,
  policyStream,
  type Instance,
  type InstanceId,
  type InstanceRef,
  type Organization,
  type OrganizationId,
  type OrganizationRef,
  type Owner,
  type OwnerKind,
  type OwnerRef,
} from './owner.js';
export { evolveState, loginPolicyDecider, NO_POLICY, type PolicyState } from './policy-state.js';
export { loginPolicyProjection, type LoginPolicyRow } from './projections/login-policy-projection.js';
export type { Preview, PreviewOptions } from './preview.js';
export type { CustomizedOrganizations, PolicyDiff } from './read-desk.js';
export type { AsOf, HistoryOptions, ListOptions, PolicyReadOptions, ReadOptions, Span } from './read-input.js';
export {
  describeRejection,
  policyName,
  type InvalidArgument,
  type PolicyRejection,
  type Reason,
  type RefusingPolicy,
  type Rejection,
  type UnmetCondition,
} from './rejections.js';
export {
  defaultSettings,
  PASSWORDLESS_TYPES,
  SETTING_NAMES,
  type LoginSettings,
  type LoginSettingsChange,
  type LoginSettingsInput,
  type PasswordlessType,
  type SettingName,
} from './settings.js';
export { toJson, type Answer } from './to-json.js';
export { warningsOf, type PolicyWarning, type WarningName } from './warnings.js';
