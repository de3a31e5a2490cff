import type { JSX } from 'preact';
import { DateTimeField } from '../parts/date-time-field.js';
import { OrganizationPicker } from '../parts/organization-picker.js';
import { SignInVerdicts } from '../parts/sign-in-verdicts.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded, useWhole } from '../parts/use-loaded.js';
import { UserPicker } from '../parts/user-picker.js';
import { claimed, listIn, OWNED, put, show, showable, shownIn } from '../state/claim.js';
import { learnProviders, providerName, providersFor } from '../state/identity-providers.js';
import { learn } from '../state/organizations.js';
import { choose, chosen } from '../state/route.js';
import { mayReadUsers } from '../state/session.js';
import { together } from '../state/unread.js';
import { IDP } from '../wire/check.js';
import { INSTANCE, organization } from '../wire/scope.js';
import { ageInWords } from '../words/age.js';
import { shownInWords } from '../words/shown.js';

/**
 * Evaluates a sign-in of a user of the server, or of a hypothetical one. All choices are in the address. The server uses
 * the same rules as for real sign-ins.
 */
export function CheckView(): JSX.Element {
  const organizationId = chosen('organization');
  // Otherwise, names that arrive later would move what is below them.
  const names = useLoaded(`names ${organizationId}`, () =>
    together([learnProviders(), learn(organizationId === '' ? [] : [organizationId])]),
  );
  const isWhole = useWhole(false, [names]);
  return (
    <>
      <h1 tabIndex={-1}>Check a sign-in</h1>
      <p class="lead">
        Would this user get in? {mayReadUsers() ? 'Choose one, or say' : 'Say'} what they have and what they have shown.
        Nothing is recorded.
      </p>
      <TryAgain what="The names of identity providers and organizations" loading={names} />
      {isWhole && <Asked organizationId={organizationId} />}
    </>
  );
}

function Asked({ organizationId }: { readonly organizationId: string }): JSX.Element {
  return (
    <>
      <div class="pickers">
        {mayReadUsers() && <UserPicker />}
        <OrganizationPicker
          organizationId={organizationId}
          none="None: a user of the instance itself"
          pick={(id) => choose({ organization: id, user: '' })}
        />
      </div>
      <div class="check-form">
        <Has organizationId={organizationId} />
        <div>
          <Shown />
          <At />
        </div>
      </div>
      <SignInVerdicts organizationId={organizationId} claim={claimed()} />
    </>
  );
}

interface TickProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly tick: (isOn: boolean) => void;
}

function Tick({ label, isOn, tick }: TickProps): JSX.Element {
  return (
    <label class="check">
      <input type="checkbox" checked={isOn} onChange={({ currentTarget }) => tick(currentTarget.checked)} />
      {label}
    </label>
  );
}

function Has({ organizationId }: { readonly organizationId: string }): JSX.Element {
  const [has, linked] = [listIn('has'), listIn('idps')];
  const known = providersFor(organizationId === '' ? INSTANCE : organization(organizationId)).map(({ id }) => id);
  return (
    <fieldset class="group has">
      <legend>They have</legend>
      {OWNED.map(([name, label]) => (
        <Tick key={name} label={label} isOn={has.includes(name)} tick={(isOn) => put('has', name, isOn)} />
      ))}
      {[...new Set([...known, ...linked])].map((id) => (
        <Tick
          key={`${IDP}${id}`}
          label={`A link to the identity provider ${providerName(id)}`}
          isOn={linked.includes(id)}
          tick={(isOn) => put('idps', id, isOn)}
        />
      ))}
    </fieldset>
  );
}

/** How long ago they have shown it; the server decides when that was. */
const AGES = ['PT0S', 'PT15M', 'PT1H', 'PT12H', 'P1D', 'P7D', 'P30D'];

function Shown(): JSX.Element {
  const [possible, shown] = [showable(), shownIn()];
  return (
    <fieldset class="group">
      <legend>They have shown</legend>
      {possible.length === 0 && <p class="soft">Nothing yet: choose first what they have.</p>}
      {possible.map((name) => (
        <div key={name} class="shown">
          <Tick label={labelOf(name)} isOn={shown.has(name)} tick={(isOn) => show(name, isOn ? AGES[0] : undefined)} />
          {shown.has(name) && <Age name={name} age={shown.get(name) ?? ''} />}
        </div>
      ))}
    </fieldset>
  );
}

function labelOf(name: string): string {
  if (name === 'password') return 'The password';
  if (name === 'passkey') return 'The passkey, with its PIN, face or fingerprint';
  return name.startsWith(IDP) ? `The identity provider ${providerName(name.slice(IDP.length))}` : shownInWords(name);
}

interface AgeProps {
  readonly name: string;
  readonly age: string;
}

function Age({ name, age }: AgeProps): JSX.Element {
  return (
    <select
      class="age"
      aria-label={`${labelOf(name)}, how long ago`}
      value={age}
      onChange={({ currentTarget }) => show(name, currentTarget.value)}
    >
      {[...new Set([...AGES, age])].map((one) => (
        <option key={one} value={one}>
          {ageInWords(one)}
        </option>
      ))}
    </select>
  );
}

function At(): JSX.Element {
  const at = chosen('at');
  return (
    <DateTimeField
      label="When"
      note="empty for now"
      at={Number.isNaN(Date.parse(at)) ? undefined : at}
      pick={(instant) => choose({ at: instant ?? '' })}
    />
  );
}
