import type { ComponentChildren, JSX } from 'preact';
import { draftOf, patchDraft } from '../state/draft.js';
import type { Policy } from '../wire/policy.js';
import type { Settings } from '../wire/settings.js';
import { SWITCH_WORDS, wireNameOf, type AnySwitch } from '../words/settings.js';
import type { SettingFieldProps, SettingsFormProps } from './setting-field-props.js';
import { LifetimeFields } from './lifetime-fields.js';
import { RedirectField } from './redirect-field.js';
import { SaveBar } from './save-bar.js';
import { Switch } from './switch.js';

const GROUPS: readonly { readonly title: string; readonly names: readonly AnySwitch[] }[] = [
  {
    title: 'How users sign in',
    names: [
      'allowUsernamePassword',
      'isPasswordlessAllowed',
      'allowExternalIdp',
      'allowRegister',
      'disableLoginWithEmail',
      'disableLoginWithPhone',
    ],
  },
  { title: 'When a second factor is required', names: ['forceMfa', 'forceMfaLocalOnly'] },
  {
    title: 'What the sign-in page reveals',
    names: ['hidePasswordReset', 'ignoreUnknownUsernames', 'allowDomainDiscovery'],
  },
];

/** All settings of a policy. Changes are collected, previewed together, and saved as one event. */
export function SettingsForm({ scope, policy, isLocked }: SettingsFormProps): JSX.Element {
  // A locked form shows the policy's settings and ignores the draft.
  const settings: Settings = { ...policy.settings, ...(!isLocked && draftOf(scope)?.patch) };
  const about = { scope, policy, isLocked, settings };
  return (
    <section class="card" aria-label="Settings">
      <h2>Settings</h2>
      <p class="soft">What you change is gathered here and recorded as one event.</p>
      {GROUPS.map(({ title, names }) => (
        <Group key={title} title={title}>
          {names.map((name) => (
            <SettingSwitch key={name} name={name} {...about} />
          ))}
        </Group>
      ))}
      <Group title="After sign-in">
        <RedirectField {...about} />
      </Group>
      <Group title="How long a check stays valid">
        <LifetimeFields {...about} />
      </Group>
      <SaveBar scope={scope} policy={policy} isLocked={isLocked} />
    </section>
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
function withoutMeans(name: AnySwitch, { multiFactors, identityProviders }: Policy): { readonly explanation?: string } {
  if (name === 'isPasswordlessAllowed' && multiFactors.length === 0)
    return { explanation: 'No multi-factor is allowed, so nobody can sign in this way.' };
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
