import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { peopleIn, sumOfPeople, type People } from './people.js';
import { planOf, type Plan } from './plan.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { warningOf, type PolicyWarning } from './preview.js';
import { send } from './request.js';
import { INSTANCE, pathOf } from './scope.js';

/** What a proposal would do now. */
export interface ProposalPreview {
  /** What it depends on. An approval is bound to it. */
  readonly seen: readonly string[];
  readonly changes: readonly PolicyChange[];
  readonly people: People | undefined;
  /** New warnings that it causes. */
  readonly introduced: readonly PolicyWarning[];
  /** The first policies of a rollout, and how many it is for. */
  readonly plan: (Plan & { readonly of: number | undefined }) | undefined;
}

/** What a proposal would do now, or why it would be refused. */
export type ProposalNow = ProposalPreview | { readonly refused: string };

/** Reads what a proposal would do now; `undefined` once nobody is asked any more. */
export async function readProposalNow(id: string): Promise<ProposalNow | undefined> {
  const path = `${pathOf(INSTANCE)}/proposal?${new URLSearchParams({ id })}`;
  const answer = objectOf(await send({ verb: 'GET', path }), 'the proposal');
  return answer['now'] === undefined ? undefined : nowOf(objectOf(answer['now'], 'now'));
}

function nowOf(now: JsonObject): ProposalNow {
  const refused = optionalText(now['message'], 'message');
  if (refused !== undefined) return { refused };
  const steps = listOf(now['steps'], 'steps', (one) => objectOf(one, 'a step'));
  const plan = now['plan'] === undefined ? undefined : planIn(objectOf(now['plan'], 'plan'));
  return {
    seen: listOf(now['seen'], 'seen', (one) => textOf(one, 'seen')),
    changes: steps.flatMap((step) => listOf(step['changes'], 'changes', policyChangeOf)),
    people: plan?.people ?? steps.map((step) => peopleIn(step['people'])).reduce(sumOfPeople, undefined),
    introduced: steps.flatMap((step) =>
      listOf(objectOf(step['warnings'] ?? {}, 'warnings')['introduced'], 'introduced', warningOf),
    ),
    plan,
  };
}

function planIn(plan: JsonObject): ProposalPreview['plan'] {
  const steps = listOf(plan['steps'], 'steps', (one) => objectOf(one, 'a step'));
  const of = plan['next'] === undefined || typeof plan['total'] !== 'number' ? undefined : plan['total'];
  return { ...planOf(steps, textOf(plan['seen'], 'seen')), of };
}
