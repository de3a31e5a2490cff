import type { PolicyCount } from '@login-policy/domain';
import type { PageOptions } from '@login-policy/domain/model';
import { orThrow } from '@login-policy/domain';
import type {
  FoundRollout,
  Rollout,
  RolloutCommand,
  RolloutPlan,
  RolloutProgress,
  RolloutRefusal,
  RolloutStanding,
  RolloutStep,
} from '@login-policy/domain/rollout';
import type { RestText } from '../calls/call-context.js';
import type { Lines } from './lines.js';
import type { OwnCall } from './own-route.js';

/** The number of policies planned at a time, and buffered for a client that does not read them. */
const PAGE = 250;

/** A `step` for each policy, then the `end` with the totals. */
export async function* planLines(rollout: Rollout, options: PageOptions): Lines {
  const counts = { 'would-change': 0, 'nothing-to-do': 0, 'would-be-refused': 0 };
  let after: string | undefined;
  let seen: string | undefined;
  do {
    const page: RolloutPlan = orThrow(
      await rollout.plan({ ...options, limit: PAGE, ...(after !== undefined && { after }) }),
    );
    for (const outcome of OUTCOMES) counts[outcome] += page.counts[outcome];
    yield page.steps.map((step) => ({ step: stepJson(step) }));
    after = page.next;
    // What the later pages saw may be newer than the first.
    seen ??= page.seen;
  } while (after !== undefined);
  yield [{ end: { counts, seen } }];
}

const OUTCOMES: readonly (keyof RolloutPlan['counts'])[] = ['would-change', 'nothing-to-do', 'would-be-refused'];

function stepJson(step: RolloutStep): object {
  if (step.outcome !== 'would-be-refused') return step;
  const { refusal, ...others } = step;
  return { ...others, reason: refusal.reason, message: refusal.message };
}

/** A run to report. */
export interface ReportedRun {
  readonly signal: AbortSignal;
  /**
   * The command and its call, for a run that removes something: the custom policies that still allow it are counted.
   */
  readonly command?: RolloutCommand;
  readonly call?: OwnCall;
}

/** A `refusal` for each refused policy and `progress` now and then; finally the `end`, or where it was `stopped`. */
export async function* runLines(run: AsyncIterable<RolloutProgress>, { signal, command, call }: ReportedRun): Lines {
  let last: Omit<RolloutProgress, 'refusals'> | undefined;
  for await (const { refusals, ...numbers } of run) {
    last = numbers;
    yield [...refusals.map(refusalLine), { progress: numbers }];
  }
  if (signal.aborted) yield [{ stopped: { ...last } }];
  else yield [{ end: { ...last, ...(command && call && (await stillAllowing(command, call))) } }];
}

function refusalLine(refusal: RolloutRefusal): object {
  return { refusal };
}

/** Counts the custom policies that still allow the item, because others may have added it again. */
async function stillAllowing(
  command: RolloutCommand,
  { policies, context: { instance } }: OwnCall,
): Promise<{ readonly stillAllowing?: PolicyCount | 'unknown' | undefined }> {
  const filter = filterOfRemoved(command);
  if (filter === undefined) return {};
  const found = orThrow(await policies.organizationsWithCustomPolicy(instance, { ...filter, limit: 1 }));
  return { stillAllowing: found.unreadable === 0 ? found.total : 'unknown' };
}

/** The filter that finds the policies with what a command removes; `undefined` for a command that removes nothing. */
function filterOfRemoved(command: RolloutCommand): object | undefined {
  if (command.type === 'removeIdentityProvider') return { linking: command.id };
  return 'factor' in command && command.type.startsWith('remove') ? { allowing: command.factor } : undefined;
}

/** A rollout and its report, as JSON in parts. Resolves when the first part of the report is read. @throws ApiError */
export async function rolloutJson(
  { answers }: Pick<OwnCall, 'answers'>,
  rollout: FoundRollout,
  standing: AsyncGenerator<RolloutStanding, void, undefined>,
): Promise<RestText> {
  try {
    const first = await standing.next();
    return textOf(rollout, first, standing);
  } catch (caught) {
    throw answers.ofThrown(caught);
  }
}

async function* textOf(
  { recordedAt, ...rollout }: FoundRollout,
  first: IteratorResult<RolloutStanding, void>,
  standing: AsyncGenerator<RolloutStanding, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  const found = { ...rollout, recordedAt: new Date(recordedAt.toMillis()).toISOString() };
  yield `${JSON.stringify(found).slice(0, -1)},"refused":[`;
  let [counts, separator]: [object, string] = [{}, ''];
  for (let part = first; part.done !== true; part = await standing.next()) {
    const { refusals, ...numbers } = part.value;
    counts = numbers;
    if (refusals.length === 0) continue;
    yield `${separator}${JSON.stringify(refusals).slice(1, -1)}`;
    separator = ',';
  }
  yield `],${JSON.stringify(counts).slice(1)}`;
}
