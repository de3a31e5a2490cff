import type { ComponentChildren, JSX } from 'preact';
import { patchDraft } from '../state/draft.js';
import { SWITCH_WORDS, wireNameOf, type AnySwitch } from '../words/settings.js';
import { FactorSwitches } from './factor-switches.js';
import { LifetimeFields } from './lifetime-fields.js';
import { ProviderList } from './provider-list.js';
import { RedirectField } from './redirect-field.js';
import type { SettingFieldProps } from './setting-field-props.js';
import { Switch } from './switch.js';

type Group = 'ways' | 'passkeys' | 'sign-in page' | 'required';

/** Where each switch stands, in order. A new setting is missing here until it has a place. */
const GROUPS: Readonly<Record<AnySwitch, Group>> = {
  allowUsernamePassword: 'ways',
  allowExternalIdp: 'ways',
  isPasswordlessAllowed: 'passkeys',
  allowRegister: 'sign-in page',
  allowDomainDiscovery: 'sign-in page',
  hidePasswordReset: 'sign-in page',
  ignoreUnknownUsernames: 'sign-in page',
  disableLoginWithEmail: 'sign-in page',
  disableLoginWithPhone: 'sign-in page',
  forceMfa: 'required',
  forceMfaLocalOnly: 'required',
};

function namesIn(group: Group): readonly AnySwitch[] {
  return Object.keys(GROUPS).filter((name): name is AnySwitch => isSwitch(name) && GROUPS[name] === group);
}

function isSwitch(name: string): name is AnySwitch {
  return Object.hasOwn(GROUPS, name);
}

/** The first step of a sign-in: a password, a passkey or an identity provider, and what the sign-in page offers. */
export function FirstStep(props: SettingFieldProps): JSX.Element {
  return (
    <Step title="First step" lead="What people show first.">
      <div class="switches">
        <SettingSwitches names={namesIn('ways')} {...props} />
        <FactorSwitches kind="multi-factor" {...props} />
        <SettingSwitches names={namesIn('passkeys')} {...props} />
      </div>
      <ProviderList {...props} />
      <Group title="On the sign-in page">
        <div class="switches">
          <SettingSwitches names={namesIn('sign-in page')} {...props} />
        </div>
        <RedirectField {...props} />
      </Group>
    </Step>
  );
}

/** The second step: whether it is required, and what counts. */
export function SecondStep(props: SettingFieldProps): JSX.Element {
  return (
    <Step title="Second step" lead="Asked for after a password or an identity provider. A passkey counts as both.">
      <div class="switches">
        <SettingSwitches names={namesIn('required')} {...props} />
        <FactorSwitches kind="second-factor" {...props} />
      </div>
    </Step>
  );
}

/** How long what was shown in each step counts. */
export function HowLong(props: SettingFieldProps): JSX.Element {
  return (
    <Step title="How long it counts" lead="A user is asked again after this time. 0: every time.">
      <LifetimeFields {...props} />
    </Step>
  );
}

interface StepProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ComponentChildren;
}

function Step({ title, lead, children }: StepProps): JSX.Element {
  return (
    <section class="card" aria-label={title}>
      <h2>{title}</h2>
      <p class="soft">{lead}</p>
      {children}
    </section>
  );
}

function SettingSwitches({
  names,
  ...props
}: SettingFieldProps & { readonly names: readonly AnySwitch[] }): JSX.Element {
  return (
    <>
      {names.map((name) => (
        <SettingSwitch key={name} name={name} {...props} />
      ))}
    </>
  );
}

function SettingSwitch({
  name,
  scope,
  policy,
  isLocked,
  settings,
}: SettingFieldProps & { readonly name: AnySwitch }): JSX.Element {
  const isChanged = settings[name] !== policy.settings[name];
  return (
    <Switch
      {...SWITCH_WORDS[name]}
      {...withoutMeans(name, policy)}
      name={wireNameOf(name)}
      isOn={settings[name]}
      isDisabled={isLocked}
      toggle={() => {
        patchDraft(scope, policy, { [name]: !settings[name] });
      }}
    >
      {isChanged && <span class="changed">not saved yet</span>}
    </Switch>
  );
}

/** A different explanation for a switch that has no effect, because the policy lacks what it needs. */
function withoutMeans(
  name: AnySwitch,
  { multiFactors, identityProviders }: SettingFieldProps['policy'],
): { readonly explanation?: string } {
  if (name === 'isPasswordlessAllowed' && multiFactors.length === 0)
    return { explanation: 'No passkey is allowed, so nobody can sign in this way.' };
  if (name === 'allowExternalIdp' && identityProviders.length === 0)
    return { explanation: 'No identity provider is linked, so nobody can sign in this way.' };
  return {};
}

function Group({ title, children }: { readonly title: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {children}
    </fieldset>
  );
}
