import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { planTask } from '../state/rollouts.js';
import { addressOf, choose, chosen } from '../state/route.js';
import { selectedIds, selectionText } from '../state/selection.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import { intentIn } from '../wire/intent-text.js';
import { INSTANCE } from '../wire/scope.js';
import { isLifetime, LIFETIME_NAMES, SWITCH_NAMES } from '../wire/settings.js';
import { isDeed, type Deed, type Reach, type Task } from '../wire/task.js';
import { counted } from '../words/counted.js';
import { problemOf, UNITS, wireOf, type Amount } from '../words/duration.js';
import { intentTitle } from '../words/intent.js';
import { LIFETIME_WORDS, settingLabel, SWITCH_WORDS } from '../words/settings.js';
import { AmountInputs } from './lifetime-fields.js';
import { Choice, FACTORS } from './organization-filter.js';

const DEEDS = [
  ['', 'Remove a factor'],
  ['add', 'Allow a factor'],
  ['set', 'Change a setting'],
  ['link', 'Link an identity provider'],
  ['unlink', 'Unlink an identity provider'],
] as const;
/** A change that was begun on one policy, as it was. */
const GIVEN = 'given';
const SETTINGS = ['isPasswordlessAllowed', ...SWITCH_NAMES, ...LIFETIME_NAMES] as const;

/** The change of a rollout, and the policies it is for. Both are in the address. */
export function TaskForm(): JSX.Element {
  const task = taskChosen();
  const deed = chosen('deed');
  return (
    <form
      class="organization-filter"
      onSubmit={(event) => {
        event.preventDefault();
        if (task !== undefined) attempt(() => planTask(task));
      }}
    >
      <Choice label="Change" name="deed" options={[...DEEDS, ...givenOption()]} />
      {(deed === '' || deed === 'add') && (
        <Choice label="Factor" name="factor" options={[['', 'Choose one'], ...FACTORS]} />
      )}
      {deed === 'set' && <SettingChoice />}
      {(deed === 'link' || deed === 'unlink') && <ProviderField />}
      <For />
      <button type="submit" class="button" disabled={task === undefined}>
        Review what it would do
      </button>
      {explanationOf(deed) !== '' && <p class="soft">{explanationOf(deed)}</p>}
      <SelectLink />
    </form>
  );
}

function givenOption(): readonly (readonly [string, string])[] {
  const deed = givenDeed();
  return deed === undefined ? [] : [[GIVEN, intentTitle(deed, INSTANCE)]];
}

function givenDeed(): Deed | undefined {
  const intent = intentIn(chosen(GIVEN));
  return intent !== undefined && isDeed(intent) ? intent : undefined;
}

function For(): JSX.Element {
  const ids = selectedIds();
  const chosenFew = ids.length > 0 ? ([['chosen', counted(ids.length, 'selected organization')]] as const) : [];
  return (
    <Choice label="For" name="for" options={[['', 'All policies'], ['custom', 'All custom policies'], ...chosenFew]} />
  );
}

function SelectLink(): JSX.Element {
  const ids = selectedIds();
  const query = { policy: 'custom', ...(ids.length > 0 && { organizations: selectionText(ids) }) };
  return (
    <p class="soft">
      <a href={addressOf({ view: 'organizations', query })}>Select organizations</a> to change only theirs.
    </p>
  );
}

function SettingChoice(): JSX.Element {
  const setting = chosen('setting');
  return (
    <>
      <label class="field">
        <span>Setting</span>
        <select
          value={setting}
          onChange={({ currentTarget: { value } }) => {
            // A lifetime and a switch have different kinds of values, so the value is reset.
            choose({ setting: value, value: isLifetime(value) ? '' : 'on' });
          }}
        >
          <option value="">Choose one</option>
          {SETTINGS.map((name) => (
            <option key={name} value={name}>
              {settingLabel(name)}
            </option>
          ))}
        </select>
      </label>
      {isLifetime(setting) ? (
        <TimeField label={settingLabel(setting)} />
      ) : (
        <Choice
          label="To"
          name="value"
          options={[
            ['on', 'On'],
            ['off', 'Off'],
          ]}
        />
      )}
    </>
  );
}

/** The explanation of the setting to change. */
function explanationOf(deed: string): string {
  const setting = deed === 'set' ? chosen('setting') : '';
  if (isLifetime(setting)) return LIFETIME_WORDS[setting].explanation;
  const known = SETTINGS.find((name) => name === setting);
  return known === undefined || isLifetime(known) ? '' : SWITCH_WORDS[known].explanation;
}

/** The amount as typed, from the address. */
function amountChosen(): Amount {
  const [text = '', unit] = chosen('value').split('~');
  return { text, unit: UNITS.find((one) => one === unit) ?? 'days' };
}

function TimeField({ label }: { readonly label: string }): JSX.Element {
  const amount = amountChosen();
  const problem = amount.text === '' ? undefined : problemOf(amount);
  return (
    <div class="field">
      <label for="task-time">To</label>
      <AmountInputs
        ties={{ id: 'task-time', 'aria-invalid': problem !== undefined, 'aria-describedby': 'task-time-problem' }}
        unitLabel={`${label}, unit`}
        amount={amount}
        isLocked={false}
        change={({ text, unit }) => {
          choose({ value: `${text}~${unit}` });
        }}
      />
      <p class="problem" id="task-time-problem" aria-live="polite">
        {problem}
      </p>
    </div>
  );
}

function ProviderField(): JSX.Element {
  return (
    <label class="field">
      <span>Identity provider of the instance, by its id</span>
      <input
        type="text"
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={chosen('provider')}
        onInput={({ currentTarget }) => {
          choose({ provider: currentTarget.value });
        }}
      />
    </label>
  );
}

/** The task in the address; `undefined` if it is incomplete. */
export function taskChosen(): Task | undefined {
  const [deed, reach] = [deedChosen(), reachChosen()];
  return deed && reach && { deed, reach };
}

function reachChosen(): Reach | undefined {
  const organizationIds = selectedIds();
  switch (chosen('for')) {
    case '':
      return { organizationIds: undefined, withDefault: true };
    case 'custom':
      return { organizationIds: undefined, withDefault: false };
    case 'chosen':
      return organizationIds.length === 0 ? undefined : { organizationIds, withDefault: false };
    default:
      return undefined;
  }
}

function deedChosen(): Deed | undefined {
  const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find(({ name }) => name === chosen('factor'));
  const id = chosen('provider').trim();
  switch (chosen('deed')) {
    case '':
      return factor && { wish: 'remove-factor', factor };
    case 'add':
      return factor && { wish: 'add-factor', factor };
    case 'set':
      return settingChosen();
    case GIVEN:
      return givenDeed();
    case 'link':
      return id === '' ? undefined : { wish: 'add-provider', id, owner: 'SYSTEM' };
    case 'unlink':
      return id === '' ? undefined : { wish: 'remove-provider', id };
    default:
      return undefined;
  }
}

function settingChosen(): Deed | undefined {
  const name = SETTINGS.find((one) => one === chosen('setting'));
  if (name === undefined) return undefined;
  const value = isLifetime(name) ? wireOf(amountChosen()) : chosen('value') !== 'off';
  return value === undefined ? undefined : { wish: 'change-settings', patch: { [name]: value } };
}
