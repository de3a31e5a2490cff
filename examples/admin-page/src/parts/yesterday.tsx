import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import {
  readYesterday,
  SIGN_IN_EFFECTS,
  type SignInEffect,
  type ToLookBack,
  type Yesterday,
} from '../wire/backtest.js';
import { counted } from '../words/counted.js';
import { shownInWords } from '../words/shown.js';
import { TryAgain } from './try-again.js';
import { useLoaded, type Loading } from './use-loaded.js';

/** What a change would have meant for yesterday's sign-ins, as far as it is known. */
export interface LookedBack {
  /** `undefined` where the server records none. */
  readonly found: Yesterday | undefined;
  readonly loading: Loading;
  /** Whether it may be there in a moment: what stands below it would move. */
  readonly isNear: boolean;
}

const NEAR_MS = 400;

/** Looks back with a change; `undefined` for one that no sign-in depends on. */
export function useYesterday(asked: ToLookBack | undefined): LookedBack {
  const known = useSignal<{ readonly about: string; readonly found: Yesterday | undefined } | undefined>(undefined);
  const late = useSignal<string | undefined>(undefined);
  const about = asked === undefined ? '' : JSON.stringify(asked);
  const loading = useLoaded(about, async (isWanted) => {
    // Once the change is recorded, it can't be looked back with any more.
    if (known.value?.about === about) return;
    const found = asked === undefined ? undefined : await readYesterday(asked, isWanted);
    if (isWanted()) known.value = { about, found };
  });
  useEffect(() => {
    const timer = setTimeout(() => {
      late.value = about;
    }, NEAR_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [about]);
  const found = known.value?.about === about ? known.value.found : undefined;
  return { found, loading, isNear: asked !== undefined && loading.isBusy && late.value !== about };
}

/** The same where nothing waits for it. */
export function YesterdaysSignIns(asked: ToLookBack): JSX.Element | null {
  return <YesterdaySection {...useYesterday(asked)} />;
}

/** What a change would have meant for yesterday's sign-ins; nothing where the server records none. */
export function YesterdaySection({ found, loading }: LookedBack): JSX.Element | null {
  if (found === undefined && loading.problem === undefined) return null;
  return (
    <section aria-label={TITLE}>
      <h3>{TITLE}</h3>
      <TryAgain what="What it would have meant for them" loading={loading} />
      {found !== undefined && <Found yesterday={found} />}
    </section>
  );
}

const TITLE = 'Yesterday’s sign-ins';

const MEANINGS: Readonly<Record<SignInEffect, readonly [meaning: string, why: string]>> = {
  refused: ['Refused', 'What they showed would not count any more.'],
  hasToSetUp: ['Has to set up a factor', 'A second factor would be required, and they have none that is allowed.'],
  hasToVerifyMore: ['Asked for a second factor', 'They have one that is allowed, and did not show it.'],
  weaker: ['Let in by less', 'They were asked for more than that.'],
};

function Found({ yesterday: { signIns, effects, unjudged } }: { readonly yesterday: Yesterday }): JSX.Element {
  const hit = SIGN_IN_EFFECTS.filter((effect) => effects[effect].signIns > 0);
  const otherwise = hit.reduce((sum, effect) => sum + effects[effect].signIns, 0);
  return (
    <div class="affected">
      <p>{inWords(signIns, otherwise)}</p>
      {hit.length > 0 && (
        <table>
          <caption class="hidden">Sign-ins by how they would have ended</caption>
          <tbody>
            {hit.map((effect) => (
              <Row key={effect} effect={effect} yesterday={effects} />
            ))}
          </tbody>
        </table>
      )}
      {unjudged > 0 && <p class="soft">{counted(unjudged, 'record')} can’t be judged.</p>}
    </div>
  );
}

function inWords(signIns: number, otherwise: number): string {
  if (signIns === 0) return 'Nobody has signed in since this time yesterday.';
  if (otherwise > 0) {
    const all = signIns === 1 ? 'the one sign-in' : `the ${counted(signIns, 'sign-in')}`;
    return `Of ${all} since this time yesterday, ${otherwise.toLocaleString('en-GB')} would have ended otherwise.`;
  }
  return signIns === 1
    ? 'The one sign-in since this time yesterday would have ended the same.'
    : `All ${counted(signIns, 'sign-in')} since this time yesterday would have ended the same.`;
}

interface RowProps {
  readonly effect: SignInEffect;
  readonly yesterday: Yesterday['effects'];
}

function Row({ effect, yesterday }: RowProps): JSX.Element {
  const { signIns, administrators, shown } = yesterday[effect];
  const [meaning, why] = MEANINGS[effect];
  return (
    <>
      <tr class={`affected-${effect}`}>
        <th scope="row">{meaning}</th>
        <td>{counted(signIns, 'sign-in')}</td>
        <td>{administrators > 0 && `${administrators.toLocaleString('en-GB')} by administrators`}</td>
      </tr>
      <tr class="affected-why">
        <td colSpan={3}>
          {why}{' '}
          {shown.length > 0 && `Shown: ${shown.map(([name, count]) => `${shownInWords(name)} (${count})`).join(', ')}.`}
        </td>
      </tr>
    </>
  );
}
