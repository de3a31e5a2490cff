import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { RolloutCard } from '../parts/rollout-card.js';
import { TaskForm, taskChosen } from '../parts/task-form.js';
import { TryAgain } from '../parts/try-again.js';
import { useLoaded } from '../parts/use-loaded.js';
import { learn } from '../state/organizations.js';
import { isRollingOut, leaveRollout, lookUp, rollout, type Rollout } from '../state/rollouts.js';
import { addressOf, choose, chosen } from '../state/route.js';
import { selectedIds } from '../state/selection.js';
import { mayWrite } from '../state/session.js';
import { INSTANCE } from '../wire/scope.js';
import { isOfTask } from '../wire/task.js';

/** A rollout: one change for the default policy and all custom policies it applies to, or for selected ones. */
export function RolloutView(): JSX.Element {
  const id = chosen('id');
  const loading = useLoaded(`rollout ${id}`, async () => {
    await learn(selectedIds());
    if (id !== '' && rollout.value?.id !== id) await lookUp(id, taskChosen());
  });
  useEffect(askBeforeLeaving, []);
  const asked = shownRollout(id);
  return (
    <>
      <p class="crumb">
        <a href={addressOf({ view: 'organizations' })}>All organizations</a>
      </p>
      <h1 tabIndex={-1}>Change many policies</h1>
      <p class="lead">
        One change for the default policy and every custom policy it applies to, or for the organizations you select.
        You see first what it would do.
      </p>
      <TryAgain what={id === '' ? 'The selected organizations' : 'This rollout'} loading={loading} />
      {id === '' &&
        (mayWrite(INSTANCE) ? <TaskForm /> : <p class="locked">Your role does not let you change policies.</p>)}
      {asked !== undefined && <RolloutCard rollout={asked} />}
      {id !== '' && <AnotherChange />}
    </>
  );
}

function AnotherChange(): JSX.Element {
  return (
    <p>
      <button
        type="button"
        class="link"
        onClick={() => {
          if (isRollingOut()) return;
          leaveRollout();
          choose({ id: '' });
          document.querySelector('h1')?.focus();
        }}
      >
        Make another change
      </button>
    </p>
  );
}

/** The rollout in the address, or the plan for the form. A plan for other form values is not shown. */
function shownRollout(id: string): Rollout | undefined {
  const asked = rollout.value;
  if (asked === undefined || id !== '') return asked?.id === id ? asked : undefined;
  return isOfTask(asked.id, taskChosen()) === true ? asked : undefined;
}

/** Lets the browser ask before the page is left during a rollout. */
function askBeforeLeaving(): () => void {
  const ask = (event: BeforeUnloadEvent): void => {
    if (isRollingOut()) event.preventDefault();
  };
  addEventListener('beforeunload', ask);
  return () => {
    removeEventListener('beforeunload', ask);
  };
}
