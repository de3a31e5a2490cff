import { signal } from '@preact/signals';
import type { Details } from '../wire/details.js';
import { factorOf } from '../wire/factors.js';
import type { Policy } from '../wire/policy.js';
import { keyOf, type Scope } from '../wire/scope.js';
import type { LifetimeName, Settings, SettingsPatch } from '../wire/settings.js';
import { problemOf, wireOf, type Amount } from '../words/duration.js';
import { keepForPerson, recallForPerson } from './kept.js';

/** Settings that somebody is changing and has not saved. */
export interface Draft {
  /** The policy the person began from. */
  readonly seen: Policy;
  readonly patch: SettingsPatch;
  /** What stands in the fields of the lifetimes that were touched. */
  readonly amounts: Partial<Record<LifetimeName, Amount>>;
  /** What the server said against it, until something is changed again. */
  readonly refusal?: string;
}

const NAME = 'drafts 1';
const kept = signal<ReadonlyMap<string, Draft>>(new Map());

/** The draft of a policy's settings; `undefined` when nobody touched them. */
export function draftOf(scope: Scope): Draft | undefined {
  return kept.value.get(keyOf(scope));
}

/** Whether something is not saved, of the default policy or of any organization. */
export function hasDraft(of: Scope['of']): boolean {
  return [...kept.value.keys()].some((key) => key.startsWith(of));
}

/** Puts values into the draft; what is as it was before leaves it. */
export function patchDraft(scope: Scope, seen: Policy, patch: SettingsPatch): void {
  const { seen: first, patch: before, amounts } = draftOf(scope) ?? begun(seen);
  keep(scope, { seen: first, amounts, patch: differing(first.settings, { ...before, ...patch }) });
}

function begun(seen: Policy): Draft {
  return { seen, patch: {}, amounts: {} };
}

/** Remembers what the server said against a draft, so that it is shown at the field it names. */
export function keepRefusal(scope: Scope, sentence: string): void {
  const draft = draftOf(scope);
  if (draft !== undefined) keep(scope, { ...draft, refusal: sentence });
}

/** What the server said against one setting; `undefined` when it named others or nothing. */
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

/** Puts what stands in a lifetime's field into the draft, also while it is not a lifetime. */
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

/** Throws a draft away. */
export function discardDraft(scope: Scope): void {
  const draft = draftOf(scope);
  if (draft !== undefined) keep(scope, { ...draft, patch: {}, amounts: {} });
}

/** Takes out of a draft what was saved of it, with the details that was answered with; what was changed since stays. */
export function settleDraft(scope: Scope, saved: SettingsPatch, details: Details): void {
  const draft = draftOf(scope);
  if (draft === undefined) return;
  const values: Readonly<Record<string, unknown>> = saved;
  const isLeft = ([name, value]: readonly [string, unknown]): boolean => values[name] !== value;
  keep(scope, {
    seen: { ...draft.seen, details, settings: { ...draft.seen.settings, ...saved } },
    patch: Object.fromEntries(Object.entries(draft.patch).filter(isLeft)),
    amounts: Object.fromEntries(
      Object.entries(draft.amounts).filter(([name, amount]) => isLeft([name, wireOf(amount)])),
    ),
  });
}

/** Takes up the drafts of the user who signed in. */
export function recallDrafts(): void {
  try {
    const found: unknown = recallForPerson(NAME);
    kept.value = new Map(Array.isArray(found) ? found.map(revived) : []);
  } catch {
    // Of another version of this page.
    kept.value = new Map();
  }
}

/** Factors are told apart by which they are, so that those of a text have to be looked up. */
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

/** Takes the drafts of a user who signs out from the page; they are there again when they come back. */
export function putDraftsAway(): void {
  kept.value = new Map();
}

/** How many fields hold what can't be saved. */
export function problemsIn({ amounts }: Draft): number {
  return Object.values(amounts).filter((amount) => problemOf(amount) !== undefined).length;
}
