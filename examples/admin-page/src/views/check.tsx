import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { DateTimeField } from '../parts/date-time-field.js';
import { Choice } from '../parts/organization-filter.js';
import { Instant } from '../parts/instant.js';
import { OrganizationPicker } from '../parts/organization-picker.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { directoryChanges, isUnknown, learn, organizationName } from '../state/organizations.js';
import { choose, chosen } from '../state/route.js';
import { readVerdict, type Claim, type Verdict } from '../wire/check.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import { headlineOf, rulesOf } from '../words/verdict.js';

/**
 * Evaluates a sign-in of a hypothetical user. All choices are in the address. The server uses the same rules as for
 * real sign-ins.
 */
export function CheckView(): JSX.Element {
  const id = chosen('organization');
  return (
    <>
      <h1 tabIndex={-1}>Check a sign-in</h1>
      <p class="lead">Would this user get in? Say what they have and what they have shown. Nothing is recorded.</p>
      <OrganizationPicker organizationId={id} none="None chosen" pick={(organization) => choose({ organization })} />
      <div class="check-form">
        <Choices title="They have" name="has" options={[['password', 'A password'], ...OWNED]} />
        <Choices title="They have shown" name="shown" options={shownOptions()} />
        <Providers />
        <Choice label="Shown" name="ago" options={AGES} />
        <At />
      </div>
      {id === '' ? <p class="locked">Choose an organization: its policy is asked.</p> : <Judged organizationId={id} />}
    </>
  );
}

/** How long ago they have shown it; the server decides when that was. */
const AGES: readonly (readonly [string, string])[] = [
  ['', 'Just now'],
  ['PT15M', '15 minutes ago'],
  ['PT1H', 'An hour ago'],
  ['PT12H', '12 hours ago'],
  ['P1D', 'A day ago'],
  ['P7D', 'A week ago'],
  ['P30D', '30 days ago'],
];
const OWNED = [...MULTI_FACTORS, ...SECOND_FACTORS].map(({ name, label }) => [name, label] as const);
const PASSKEY = MULTI_FACTORS[0]?.name ?? '';

function listIn(name: string): readonly string[] {
  return chosen(name)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** The factors the user can have verified: only those they have. */
function shownOptions(): readonly (readonly [string, string])[] {
  const has = listIn('has');
  return [
    ...(has.includes('password') ? [['password', 'The password'] as const] : []),
    ...(has.includes(PASSKEY) ? [['passkey', 'The passkey, with its PIN, face or fingerprint'] as const] : []),
    ...listIn('idps').map((id) => [`idp ${id}`, `The identity provider ${id}`] as const),
    ...OWNED.filter(([name]) => name !== PASSKEY && has.includes(name)),
  ];
}

interface ChoicesProps {
  readonly title: string;
  readonly name: string;
  readonly options: readonly (readonly [string, string])[];
}

function Choices({ title, name, options }: ChoicesProps): JSX.Element {
  const there = listIn(name);
  return (
    <fieldset class="group">
      <legend>{title}</legend>
      {options.length === 0 && <p class="soft">Nothing yet: choose first what they have.</p>}
      {options.map(([value, label]) => (
        <label key={value} class="check">
          <input
            type="checkbox"
            checked={there.includes(value)}
            onChange={({ currentTarget }) => {
              const others = there.filter((one) => one !== value);
              choose({ [name]: [...others, ...(currentTarget.checked ? [value] : [])].join(',') });
            }}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

function Providers(): JSX.Element {
  return (
    <label class="field">
      <span>Identity providers they are linked to</span> <span class="soft">(ids, with commas between them)</span>
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={chosen('idps')}
        onChange={({ currentTarget }) => choose({ idps: currentTarget.value })}
      />
    </label>
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
      isOfPast
    />
  );
}

function claimed(): Claim {
  const [has, shown] = [listIn('has'), listIn('shown')];
  const possible = new Set(shownOptions().map(([name]) => name));
  return {
    hasPassword: has.includes('password'),
    factors: OWNED.map(([name]) => name).filter((name) => has.includes(name)),
    identityProviders: listIn('idps'),
    verified: shown.filter((name) => possible.has(name)),
    age: AGES.find(([age]) => age !== '' && age === chosen('ago'))?.[0] ?? 'PT0S',
    at: Number.isNaN(Date.parse(chosen('at'))) ? '' : new Date(chosen('at')).toISOString(),
  };
}

function Judged({ organizationId }: { readonly organizationId: string }): JSX.Element {
  const judged = useSignal<{ readonly verdict: Verdict; readonly name: string } | undefined>(undefined);
  const claim = claimed();
  const about = `${organizationId} ${JSON.stringify(claim)} ${directoryChanges.value}`;
  const loading = useLoaded(about, async (isWanted) => {
    await learn([organizationId]);
    const verdict = isUnknown(organizationId) ? undefined : await readVerdict(organizationId, claim);
    if (isWanted()) judged.value = verdict && { verdict, name: organizationName(organizationId) };
  });
  if (isUnknown(organizationId))
    return <p class="warning-line">There is no organization with this id in the instance.</p>;
  return (
    <>
      <TryAgain what="Whether they would get in" loading={loading} />
      {judged.value !== undefined && loading.problem === undefined && (
        <div aria-busy={loading.isBusy}>
          <Answer {...judged.value} />
        </div>
      )}
    </>
  );
}

function Answer({ verdict, name }: { readonly verdict: Verdict; readonly name: string }): JSX.Element {
  const { at, validUntil } = verdict;
  return (
    <section class="card verdict" aria-labelledby="verdict" aria-live="polite">
      <h2 id="verdict">{headlineOf(verdict)}</h2>
      <p class="soft">
        Judged for <Instant at={at} />
        {validUntil !== undefined && (
          <>
            {' '}
            and the same until <Instant at={validUntil} />
          </>
        )}
        . The sign-in page would say: <q>{verdict.sentence}</q>
      </p>
      <dl>
        {rulesOf(verdict, name).map(({ rule, answer }) => (
          <div key={rule}>
            <dt>{rule}</dt>
            <dd>{answer}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
