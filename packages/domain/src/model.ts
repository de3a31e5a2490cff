/** The pure parts of the login policy: events, decisions and rows, for replays and read models of your own. */
export type { Affected } from './reads/affected.js';
export { ACKNOWLEDGED_BY_NAME } from './commands/acknowledge.js';
export type { OnDefaultOptions } from './reads/on-default.js';
export type { CommandConditions, FoundDefault } from './commands/command-input.js';
export type { LoginPolicyCommand, PolicyToAdd } from './commands/commands.js';
export type { Moment } from './input/moment.js';
export { decide, loginPolicyDecider } from './commands/decide.js';
export { compareSignIns, type SignInsCompared } from './sign-in/compare-sign-ins.js';
export { detailsToJson, type DetailsJson } from './reads/details.js';
export type { ChangeInfo } from './policy/change-info.js';
export { diffPolicies, type SettingPath } from './policy/diff.js';
export type { Step } from './sign-in/steps.js';
export { loginPolicyEvents } from './policy/event-codec.js';
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
} from './policy/events.js';
export { evolve, evolveAll, ImpossibleEvent } from './policy/evolve.js';
export { effectivePolicy } from './policy/effective-policy.js';
export {
  IDENTITY_PROVIDER_OWNERS,
  type IdentityProviderId,
  type IdentityProviderOwner,
  MOST_IDENTITY_PROVIDERS,
  parseIdentityProvider,
  parseIdentityProviderId,
} from './policy/identity-provider.js';
export { parseInstantInput, type InstantInput } from './input/instant.js';
export { IDENTITY_PROVIDER_TYPES, type IdentityProviderType } from './policy/identity-provider-directory.js';
export { answerOf } from './input/answer-of.js';
export { optional, parseSignal, parseWait } from './input/options.js';
export { parseId, parseProse } from './input/text.js';
export { isYes } from './input/yes.js';
export { InvalidValue, parseObject, UnknownMember, type InvalidFacts, type Parser } from './input/invalid-value.js';
export {
  LIFETIME_NAMES,
  type LifetimeInput,
  type LifetimeName,
  type Lifetimes,
  type LifetimesView,
  parseLifetime,
  parseMilliseconds,
} from './policy/lifetimes.js';
export type { PolicyReadModel } from './reads/policy-read-model.js';
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
  type Organization,
  type OrganizationId,
  type Owner,
  type OwnerKind,
} from './policy/owner.js';
export { evolveState, NO_POLICY, type PolicyState } from './policy/policy-state.js';
export { loginPolicyProjection, type LoginPolicyRow } from './login-policy-projection.js';
export type { PageOptions, ReadOptions, Span } from './reads/read-input.js';
export type { CustomPolicies, UnreadableCustomPolicy } from './reads/custom-policies.js';
export { seenOf } from './policy/seen.js';
export { parseCommand } from './commands/parse-command.js';
export {
  describeRejection,
  policyName,
  type InvalidArgument,
  type PolicyRejection,
  type RefusingPolicy,
  type UnmetCondition,
  type ChangedSince,
  type ChangeSince,
  LOCK_OUTS,
  type LockOut,
  type PolicyWarning,
  type WarningName,
} from './policy/rejections.js';
export {
  PASSWORDLESS_TYPES,
  SETTING_NAMES,
  type LoginSettings,
  type PasswordlessType,
  type SettingName,
} from './policy/settings.js';
export {
  SIGN_IN_LEVELS,
  type AuthenticationMethod,
  type Judgement,
  type SignInLevel,
  type SignInOption,
  type SignInRequest,
  type SignInRules,
  type SignInSession,
  type SignInUser,
  USER_CHANGES,
  type UserChange,
  type UpcomingChange,
} from './sign-in/sign-in.js';
export {
  NO_CENSUS,
  sumOfPeople,
  type OrganizationAffected,
  type PeopleAffected,
  type PeopleByChange,
  type PeopleCount,
  type PeopleCounter,
  type PeopleQuestion,
  type PeopleUnknown,
} from './sign-in/people.js';
export { changeBetween, changesBy, locksSomebodyOut, verdictsBy, type UserSetUp } from './sign-in/user-change.js';
export type { Verdict } from './sign-in/verdict.js';
export { warningsOf, warningsOfChange, type ChangeWarnings } from './sign-in/warnings.js';
export type { PolicyFound } from './reads/answers.js';
export type { UpcomingPolicy } from './sign-in/upcoming.js';
export type { UpcomingPolicies } from './reads/upcoming-policies.js';
export type { OnDefault } from './reads/on-default.js';
export type { Reason } from './policy/rejections.js';
export { type Circumstances, type LoginPolicyDecision, NO_FACTS, type PolicyFacts } from './commands/decision.js';
export type { SignInPolicy } from './sign-in/evaluate-sign-in.js';
