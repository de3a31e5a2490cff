export { LoginPolicies, openLoginPolicies } from './login-policies.js';
export {
  orThrow,
  RejectedError,
  type Accepted,
  type CommandAnswer,
  type CustomizedOrganizations,
  type LoginPolicyList,
  type LoginPolicyView,
  type PolicyCount,
  type PolicyDiff,
  type ReadAnswer,
} from './reads/answers.js';
export type { OrganizationList } from './reads/affected.js';
export type { Acknowledged, Acknowledgement } from './commands/acknowledge.js';
export type { CommandInput } from './commands/commands.js';
export type { CommandOptions } from './commands/command-input.js';
export type { NewLoginPolicy } from './policy/new-login-policy.js';
export type { Details } from './reads/details.js';
export type { PolicyChange } from './policy/diff.js';
export { MULTI_FACTORS, SECOND_FACTORS, type MultiFactor, type SecondFactor } from './policy/factors.js';
export { freshInstance } from './policy/fresh-instance.js';
export type { History, HistoryEntry } from './reads/history.js';
export type { IdentityProvider, IdentityProviderRef } from './policy/identity-provider.js';
export type { IdentityProviderDirectory, KnownIdentityProvider } from './policy/identity-provider-directory.js';
export type { InstanceRef, OrganizationRef, OwnerRef } from './policy/owner.js';
export type { AsOf } from './input/moment.js';
export type { HistoryOptions, ListOptions, PolicyReadOptions } from './reads/read-input.js';
export type { Rejection, Rejected } from './policy/rejections.js';
export {
  defaultSettings,
  type LoginSettingsChange,
  type LoginSettingsInput,
  type LoginSettingsView,
} from './policy/settings.js';
export { toJson, type Answer } from './reads/to-json.js';
export { describeSignIn } from './sign-in/describe-sign-in.js';
export { evaluateSignIn, type SignInAnswer } from './sign-in/evaluate-sign-in.js';
export type { SignIn, SignInAttempt } from './sign-in/sign-in.js';
export type { Guard } from './commands/decision.js';
export type { JudgedSignIn } from './reads/judged-sign-in.js';
export type { LoginPoliciesOptions } from './login-policies-options.js';
