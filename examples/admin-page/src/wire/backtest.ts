import { Refused } from './failure.js';
import { listOf, objectOf, textOf, type JsonObject } from './json.js';
import { orAbsent, send } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';

/** What a change would have meant for a sign-in, the worst first. */
export const SIGN_IN_EFFECTS = ['refused', 'hasToSetUp', 'hasToVerifyMore', 'weaker'] as const;
/** One of {@link SIGN_IN_EFFECTS}. */
export type SignInEffect = (typeof SIGN_IN_EFFECTS)[number];

/** The recorded sign-ins with one effect. */
export interface EffectCount {
  readonly signIns: number;
  readonly administrators: number;
  /** What they had shown, with the number of sign-ins that had. */
  readonly shown: readonly (readonly [string, number])[];
}

/** What a change would have meant for the sign-ins since this time yesterday. */
export interface Yesterday {
  readonly signIns: number;
  readonly effects: Readonly<Record<SignInEffect, EffectCount>>;
  /** The records that can't be judged. */
  readonly unjudged: number;
}

/** A change to look back with. */
export interface ToLookBack {
  readonly scope: Scope;
  /** A command in the names of the library. */
  readonly command: JsonObject;
  /** Whether it is a change of every policy. */
  readonly isEverywhere?: boolean;
}

/** It may read for seconds, for one caller at a time. */
const [TIMEOUT_MS, PAUSE_MS, TRIES] = [120_000, 1_000, 30];

/** What a change would have meant for the sign-ins since this time yesterday; `undefined` where none are recorded. */
export async function readYesterday(asked: ToLookBack, isWanted: () => boolean): Promise<Yesterday | undefined> {
  const { scope, command, isEverywhere = false } = asked;
  const path = `${pathOf(scope)}/_backtest`;
  const body = { command, since: { ago: 'P1D' }, ...(isEverywhere && { everywhere: true }) };
  for (let tries = 1; ; tries++) {
    try {
      const request = { verb: 'POST', path, headers: headersOf(scope), body, timeoutMs: TIMEOUT_MS } as const;
      const answer = await orAbsent(send(request));
      return answer === undefined ? undefined : yesterdayOf(objectOf(answer, 'the backtest'));
    } catch (caught) {
      const isBusy = caught instanceof Refused && caught.id === 'LP-BACKTEST-01';
      // The policy refuses the change by now: another one, or this one itself, was recorded since it was previewed.
      if (caught instanceof Refused && caught.status === 400 && !isBusy) return undefined;
      if (!isBusy || tries === TRIES || !isWanted()) throw caught;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function yesterdayOf(answer: JsonObject): Yesterday {
  const all = objectOf(answer['effects'], 'effects');
  const factors = listOf(answer['factors'], 'factors', (one) => objectOf(one, 'a factor'));
  const effectOf = (effect: SignInEffect): EffectCount => {
    const { signIns, administrators } = objectOf(all[effect], effect);
    const shown = factors.map((one) => {
      const of = objectOf(objectOf(one['effects'], 'effects')[effect], effect);
      return [textOf(one['factor'], 'factor'), Number(of['signIns'])] as const;
    });
    return {
      signIns: Number(signIns),
      administrators: Number(administrators),
      shown: shown.filter(([, count]) => count > 0),
    };
  };
  return {
    signIns: Number(answer['signIns']),
    effects: {
      refused: effectOf('refused'),
      hasToSetUp: effectOf('hasToSetUp'),
      hasToVerifyMore: effectOf('hasToVerifyMore'),
      weaker: effectOf('weaker'),
    },
    unjudged: Number(answer['badLineCount']),
  };
}
