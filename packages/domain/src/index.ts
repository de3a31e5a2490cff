export { LoginPolicies } from './login-policies.js';
export { LoginPolicyReads } from './reads/login-policy-reads.js';
export { openLoginPolicies, type LoginPoliciesOptions } from './open-login-policies.js';
export {
  orThrow,
  RejectedError,
  type Accepted,
  type CommandAnswer,
  type CustomizedOrganizations,
  type LoginPolicyList,
  type LoginPolicyView,
  type PolicyDiff,
  type PolicyFound,
  type ReadAnswer,
  type Rejected,
} from './reads/answers.js';
export type { Affected, OrganizationList } from './reads/affected.js';
export type { AffectedUsers, CountUsers, UsersWanted } from './reads/count-users.js';
export type { OnDefault, OnDefaultOptions } from './reads/on-default.js';
export type {
  CommandConditions,
  CommandInput,
  CommandOptions,
  CustomizeOptions,
  DefaultConditions,
  NewLoginPolicy,
} from './commands/command-input.js';
export type {
  AddIdentityProvider,
  AddLoginPolicy,
  ChangeLoginPolicy,
  CustomizeLoginPolicy,
  LoginPolicyCommand,
  Moment,
  MultiFactorCommand,
  PolicyToAdd,
  RemoveIdentityProvider,
  RemoveLoginPolicy,
  RevertLoginPolicy,
  SecondFactorCommand,
  SetLoginPolicy,
} from './commands/commands.js';
export { decide, type Circumstances, type LoginPolicyDecision } from './commands/decide.js';
export { detailsToJson, type Details, type DetailsJson, type Marks } from './reads/details.js';
export { diffPolicies, type PolicyChange, type SettingPath, type Step } from './reads/diff.js';
export { loginPolicyEvents } from './events/event-codec.js';
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
} from './events/events.js';
export { evolve, evolveAll, ImpossibleEvent } from './commands/evolve.js';
export type { Guard } from './commands/guard.js';
export { NO_FACTS, type DefaultSeen, type PolicyFacts } from './commands/facts.js';
export { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from './policy/factors.js';
export { freshInstance } from './policy/fresh-instance.js';
export { effectivePolicy } from './policy/effective-policy.js';
export type { History, HistoryEntry } from './reads/history.js';
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
} from './policy/identity-provider.js';
export type { InstantInput } from './input/instant.js';
export { parseId } from './input/text.js';
export { isYes } from './input/yes.js';
export { InvalidValue, UnknownMember, type InvalidFacts, type Parser } from './input/invalid-value.js';
export {
  LIFETIME_NAMES,
  type LifetimeInput,
  type LifetimeName,
  type Lifetimes,
  type LifetimesView,
} from './policy/lifetimes.js';
export { ABSENT, type AbsentPolicy, type ActivePolicy, type LoginPolicy } from './policy/login-policy.js';
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
} from './policy/owner.js';
export { evolveState, loginPolicyDecider, NO_POLICY, type PolicyState } from './commands/policy-state.js';
export { loginPolicyProjection, type LoginPolicyRow } from './login-policy-projection.js';
export type { Preview, PreviewOptions } from './reads/preview.js';
export type { AsOf, HistoryOptions, ListOptions, PolicyReadOptions, ReadOptions, Span } from './reads/read-input.js';
export {
  describeRejection,
  policyName,
  type InvalidArgument,
  type PolicyRejection,
  type Reason,
  type RefusingPolicy,
  type Rejection,
  type UnmetCondition,
  type UnmetDefault,
} from './commands/rejections.js';
export type { Rollout } from './rollout/rollout.js';
export type { FoundRollout } from './rollout/find-rollout.js';
export type {
  RolloutPlan,
  RolloutProgress,
  RolloutRefusal,
  RolloutReport,
  RolloutStanding,
  RolloutStep,
} from './rollout/rollout-answers.js';
export type {
  CarryOutOptions,
  FindRolloutOptions,
  PlanOptions,
  RevertRolloutOptions,
  RolloutCommand,
  RolloutOptions,
} from './rollout/rollout-input.js';
export {
  defaultSettings,
  PASSWORDLESS_TYPES,
  SETTING_NAMES,
  type LoginSettings,
  type LoginSettingsChange,
  type LoginSettingsInput,
  type LoginSettingsView,
  type PasswordlessType,
  type SettingName,
} from './policy/settings.js';
export { toJson, type Answer } from './reads/to-json.js';
export { describeSignIn } from './sign-in/describe-sign-in.js';
export { evaluateSignIn } from './sign-in/evaluate-sign-in.js';
export {
  SIGN_IN_LEVELS,
  type AuthenticationMethod,
  type JudgedSignIn,
  type Judgement,
  type SignIn,
  type SignInAnswer,
  type SignInAttempt,
  type SignInLevel,
  type SignInOption,
  type SignInPolicy,
  type SignInRequest,
  type SignInRules,
  type SignInSession,
  type SignInUser,
} from './sign-in/sign-in.js';
export {
  LOCK_OUTS,
  warningsOf,
  warningsOfChange,
  type ChangeWarnings,
  type LockOut,
  type PolicyWarning,
  type WarningName,
} from './sign-in/warnings.js';
