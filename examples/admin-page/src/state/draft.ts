import { signal } from '@preact/signals';
import type { Made } from '../wire/carry-out.js';
import { factorOf } from '../wire/factors.js';
import type { Policy } from '../wire/policy.js';
import { keyOf, type Scope } from '../wire/scope.js';
import type { LifetimeName, Settings, SettingsPatch } from '../wire/settings.js';
import { problemOf, wireOf, type Amount } from '../words/duration.js';
import { keepForPerson, recallForPerson } from './kept.js';

/** Settings that the user has changed and not saved. */
export interface Draft {
  /** The policy from which the user began. */
  readonly seen: Policy;
  readonly patch: SettingsPatch;
  /** The texts in the edited lifetime fields. */
  readonly amounts: Partial<Record<LifetimeName, Amount>>;
  /** The server's refusal, until the next edit. */
  readonly refusal?: string;
}

const NAME = 'drafts 1';
const kept = signal<ReadonlyMap<string, Draft>>(new Map());

/** The draft of a policy's settings; `undefined` without edits. */
export function draftOf(scope: Scope): Draft | undefined {
  return kept.value.get(keyOf(scope));
}

/** Whether there are unsaved changes to the default policy, or to any organization's. */
export function hasDraft(of: Scope['of']): boolean {
  return [...kept.value.keys()].some((key) => key.startsWith(of));
}

/** Adds values to the draft. Values equal to the policy's are removed from it. */
export function patchDraft(scope: Scope, seen: Policy, patch: SettingsPatch): void {
  const { seen: first, patch: before, amounts } = draftOf(scope) ?? begun(seen);
  keep(scope, { seen: first, amounts, patch: differing(first.settings, { ...before, ...patch }) });
}

function begun(seen: Policy): Draft {
  return { seen, patch: {}, amounts: {} };
}

/** Stores the server's refusal of a draft, so that it is shown at the field it names. */
export function keepRefusal(scope: Scope, sentence: string): void {
  const draft = draftOf(scope);
  if (draft !== undefined) keep(scope, { ...draft, refusal: sentence });
}

/** The server's refusal of one setting; `undefined` if it names another one or none. */
export function refusalAt(scope: Scope, name: string): string | undefined {
  const refusal = draftOf(scope)?.refusal;
  return refusal?.includes(name) === true ? refusal : undefined;
}

function differing(settings: Settings, patch: SettingsPatch): SettingsPatch {
  const names = Object.keys(settings).filter(isName(settings));
  const entries = names.filter((name) => patch[name] !== undefined && patch[name] !== settings[name]);
  return Object.fromEntries(entries.map((name) => [name, patch[name]]));
}

function isName(settings: Settings): (name: string) => name is keyof Settings {
  return (name): name is keyof Settings => Object.hasOwn(settings, name);
}

/** Puts the text of a lifetime field into the draft, even if it is not valid. */
export function typeLifetime(scope: Scope, seen: Policy, [name, amount]: readonly [LifetimeName, Amount]): void {
  const draft = draftOf(scope) ?? begun(seen);
  keep(scope, { ...draft, amounts: { ...draft.amounts, [name]: amount } });
  const wire = wireOf(amount);
  patchDraft(scope, seen, { [name]: wire ?? draft.seen.settings[name] });
}

function keep(scope: Scope, draft: Draft): void {
  const isEmpty = Object.keys(draft.patch).length === 0 && Object.keys(draft.amounts).length === 0;
  const next = new Map(kept.value);
  if (isEmpty) next.delete(keyOf(scope));
  else next.set(keyOf(scope), draft);
  kept.value = next;
  keepForPerson(NAME, [...next]);
}

/** Discards a draft. */
export function discardDraft(scope: Scope): void {
  const draft = draftOf(scope);
  if (draft !== undefined) keep(scope, { ...draft, patch: {}, amounts: {} });
}

/** Removes the saved values from a draft, and stores what the answer says of the policy. Later edits stay. */
export function settleDraft(scope: Scope, saved: SettingsPatch, { details, tag }: Made): void {
  const draft = draftOf(scope);
  if (draft === undefined) return;
  const values: Readonly<Record<string, unknown>> = saved;
  const isLeft = ([name, value]: readonly [string, unknown]): boolean => values[name] !== value;
  keep(scope, {
    seen: { ...draft.seen, seen: undefined, tag, details, settings: { ...draft.seen.settings, ...saved } },
    patch: Object.fromEntries(Object.entries(draft.patch).filter(isLeft)),
    amounts: Object.fromEntries(
      Object.entries(draft.amounts).filter(([name, amount]) => isLeft([name, wireOf(amount)])),
    ),
  });
}

/** Loads the drafts of the signed-in user. */
export function recallDrafts(): void {
  try {
    const found: unknown = recallForPerson(NAME);
    kept.value = new Map(Array.isArray(found) ? found.map(revived) : []);
  } catch {
    // Stored by another version of this page.
    kept.value = new Map();
  }
}

/** Replaces the parsed factors by the known objects, because factors are compared by identity. */
function revived([key, draft]: readonly [string, Draft]): [string, Draft] {
  const { seen } = draft;
  return [
    key,
    {
      ...draft,
      seen: {
        ...seen,
        secondFactors: seen.secondFactors.map(({ wireName }) => factorOf(wireName, 'second-factor')),
        multiFactors: seen.multiFactors.map(({ wireName }) => factorOf(wireName, 'multi-factor')),
      },
    },
  ];
}

/** Removes the drafts from the page at sign-out. They stay stored for the user's next sign-in. */
export function putDraftsAway(): void {
  kept.value = new Map();
}

/** The number of fields with invalid values. */
export function problemsIn({ amounts }: Draft): number {
  return Object.values(amounts).filter((amount) => problemOf(amount) !== undefined).length;
}
