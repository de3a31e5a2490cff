import type { LoginPolicies } from '@login-policy/domain';
import type { EventStore } from '@login-policy/event-sourcing';
import type { Contender, Setting } from '../harness/row.js';
import { ratePerSecond } from '../harness/stopwatch.js';
import { growth, HISTORIES } from './growth.js';
import { instanceId } from './instance-id.js';
import { lanes, POLICIES } from './lanes.js';
import { addPolicy, command, commandsInTurn } from './our-policies.js';
import { newEvents, streamOf } from './recorded-history.js';

/** What a store of ours is opened with: whether the read model changes inside the appends. */
export type ReadModel = 'inline' | 'not kept up';

/** A store of ours, and the policies in it. */
export interface OurPlace {
  readonly store: { readonly eventStore: EventStore };
  readonly policies: LoginPolicies;
}

/** Does something with a fresh store of ours, whichever it is, and closes it. */
export type WithOurs = <Result>(readModel: ReadModel, work: (place: OurPlace) => Promise<Result>) => Promise<Result>;

/** So many commands on one policy, one after another. */
export function oursInTurn(withOurs: WithOurs, count: number, readModel: ReadModel): Contender {
  return {
    name: readModel === 'inline' ? 'ours, inline projection' : 'ours',
    how:
      readModel === 'inline'
        ? 'the same, the read model kept up inside each append'
        : 'openLoginPolicies: input checked, decided by the kept state, appended',
    measure: () => commandRate(withOurs, count, readModel),
  };
}

/** So many appends of one event, the read model inline; then the same by command. */
export function oursInline(withOurs: WithOurs, count: number): readonly Contender[] {
  return [
    {
      name: 'ours',
      how: 'eventStore.append, the read model inline',
      measure: () =>
        withOurs('inline', async ({ store: { eventStore } }) => {
          const events = newEvents(count);
          const streamId = streamOf(0);
          return ratePerSecond(count, async () => {
            for (const event of events) await eventStore.append({ streamId, expected: 'any', events: [event] });
          });
        }),
    },
    {
      name: 'ours, by command',
      how: 'openLoginPolicies, the read model inline: checked and decided as well',
      measure: () => commandRate(withOurs, count, 'inline'),
    },
  ];
}

/** So many commands over all policies, many on their way at any time. */
export function oursAtOnce(withOurs: WithOurs, count: number): Contender {
  return {
    name: 'ours',
    how: 'openLoginPolicies, 32 commands on their way at any time',
    measure: () =>
      withOurs('not kept up', async ({ policies }) => {
        const numbers = Array.from({ length: POLICIES }, (_, number) => number);
        await Promise.all(numbers.map((number) => addPolicy(policies, instanceId(number))));
        return ratePerSecond(count, () =>
          lanes(count, (number, round) => command(policies, instanceId(number), round)),
        );
      }),
  };
}

/** Commands on a policy with a long history beside one with a short one. */
export function oursOnLongHistory(withOurs: WithOurs, setting: Setting): Contender {
  return {
    name: 'ours',
    how: 'openLoginPolicies, on policies whose history was there before',
    measure: () =>
      withOurs('not kept up', async ({ policies, store: { eventStore } }) => {
        for (const [number, length] of HISTORIES.entries()) {
          await eventStore.append({ streamId: streamOf(number), expected: 'no-stream', events: newEvents(length) });
        }
        return growth(setting, (number, round) => command(policies, instanceId(number), round));
      }),
  };
}

function commandRate(withOurs: WithOurs, count: number, readModel: ReadModel): Promise<number> {
  return withOurs(readModel, async ({ policies }) => {
    await addPolicy(policies, 'bench');
    return ratePerSecond(count, () => commandsInTurn(policies, 'bench', count));
  });
}
