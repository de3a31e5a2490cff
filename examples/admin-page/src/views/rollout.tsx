import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Choice, FACTORS } from '../parts/organization-filter.js';
import { RolloutCard } from '../parts/rollout-card.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { attempt } from '../state/attempt.js';
import { policyOf, refreshPolicy } from '../state/policies.js';
import { isRollingOut, leaveRollout, lookUp, planDeed, rollout } from '../state/rollouts.js';
import { choose, chosen } from '../state/route.js';
import { mayWrite } from '../state/session.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import type { Deed } from '../wire/rollout.js';
import { INSTANCE } from '../wire/scope.js';

/** One change for the default policy and for every custom policy that it applies to. */
export function RolloutView(): JSX.Element {
  const id = chosen('id');
  const loading = useLoaded(`rollout ${id}`, async () => {
    await refreshPolicy(INSTANCE);
    if (id !== '' && rollout.value?.id !== id) await lookUp(id);
  });
  useEffect(askBeforeLeaving, []);
  const asked = rollout.value;
  return (
    <>
      <h1 tabIndex={-1}>Everywhere</h1>
      <p class="lead">
        One change for the default policy and for every custom policy it applies to. You see first what it would do.
      </p>
      <TryAgain what={id === '' ? 'The default policy' : 'This rollout'} loading={loading} />
      {id === '' && <DeedForm />}
      {asked !== undefined && (id === '' || asked.id === id) && <RolloutCard rollout={asked} />}
      {id !== '' && (
        <p>
          <button
            type="button"
            class="link"
            onClick={() => {
              if (isRollingOut()) return;
              leaveRollout();
              choose({ id: '' });
            }}
          >
            Make another change everywhere
          </button>
        </p>
      )}
    </>
  );
}

/** The browser asks whether to leave while something is being changed. */
function askBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (isRollingOut()) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => {
    removeEventListener('beforeunload', ask);
  };
}

function DeedForm(): JSX.Element {
  const seen = policyOf(INSTANCE);
  const deed = deedChosen();
  if (!mayWrite(INSTANCE)) return <p class="locked">Your role does not let you change policies.</p>;
  return (
    <form
      class="organization-filter"
      onSubmit={(event) => {
        event.preventDefault();
        if (seen !== undefined && deed !== undefined) attempt(() => planDeed(deed, seen));
      }}
    >
      <Choice
        label="Change"
        name="deed"
        options={[
          ['', 'Remove'],
          ['add', 'Allow'],
        ]}
      />
      <Choice label="Factor" name="factor" options={[['', 'Choose one'], ...FACTORS]} />
      <button type="submit" class="button" disabled={seen === undefined || deed === undefined}>
        Review what it would do
      </button>
    </form>
  );
}

function deedChosen(): Deed | undefined {
  const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find(({ name }) => name === chosen('factor'));
  return factor && { wish: chosen('deed') === 'add' ? 'add-factor' : 'remove-factor', factor };
}
