import type { RolloutCommand } from '@login-policy/domain/rollout';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import {
  withMembers,
  Refused,
  type ProgressJson,
  type RefusalJson,
  type ReportJson,
  type StepJson,
} from './answers.js';
import type { ApiClient } from './api-client.js';
import { failureOfStatus } from './api-failures.js';
import type { RolloutRun } from './policies.js';

/** The requested rollout. */
interface RolloutRequest {
  readonly id: string;
  readonly command: RolloutCommand;
  readonly headers: Readonly<Record<string, string>>;
}

/** The number of steps per batch. */
const PAGE = 250;

/** A rollout that a server carries out. Its answers arrive as lines of JSON. */
export function rolloutOverApi(api: ApiClient, { command, headers, id }: RolloutRequest): RolloutRun {
  const send = (
    route: string,
    { signal, ...more }: { readonly ifSeen?: readonly string[]; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<object, void, undefined> =>
    api.lines({ verb: 'POST', route, body: { id, command, ...more }, headers, ...(signal && { signal }) });
  return {
    async *plan() {
      let page: StepJson[] = [];
      for await (const line of untilEnd(send('_plan_rollout'))) {
        const step = memberOf(line, 'step', withMembers<StepJson>('owner', 'outcome'));
        if (step !== undefined) page.push(step);
        if (page.length < PAGE) continue;
        yield page;
        page = [];
      }
      yield page;
    },
    carryOut: (ifSeen, signal) => progressOf(untilEnd(send('_roll_out', { ifSeen, signal })), signal),
    async report() {
      const shape = withMembers<ReportJson>('changed', 'unchanged', 'pending', 'refused');
      const route = `rollout?id=${encodeURIComponent(id)}`;
      return await api.json({ route, isLast: true }, shape).catch(undefinedIfAbsent);
    },
  };
}

async function* progressOf(
  lines: AsyncIterable<object>,
  signal: AbortSignal,
): AsyncGenerator<ProgressJson, void, undefined> {
  let refusals: RefusalJson[] = [];
  try {
    for await (const line of lines) {
      const refusal = memberOf(line, 'refusal', withMembers<RefusalJson>('owner', 'message'));
      if (refusal !== undefined) refusals.push(refusal);
      const progress = memberOf(line, 'progress', withMembers<ProgressJson>('done', 'of'));
      if (progress === undefined) continue;
      yield { ...progress, refusals };
      refusals = [];
    }
  } catch (caught) {
    // Disconnecting stops the rollout. What was done stays.
    if (!signal.aborted) throw caught;
  }
}

/** The lines up to the end. @throws Failure for a run that stopped before the end. */
async function* untilEnd(lines: AsyncIterable<object>): AsyncGenerator<object, void, undefined> {
  for await (const line of lines) {
    if ('end' in line) return;
    const error = memberOf(
      line,
      'error',
      withMembers<{ readonly code: number; readonly message: string }>('code', 'message'),
    );
    if (error !== undefined) throw failureOf(error);
    if ('stopped' in line) break;
    yield line;
  }
  throw new Failure(EXIT.tryAgain, 'The server stopped before the end. Run the same command again to resume it.');
}

/** The codes of gRPC for a caller who has lost their permission or their token. */
const DENIED: readonly number[] = [7, 16];

/** The HTTP status of the codes of a server that has a problem. */
const STATUSES: Readonly<Record<number, number>> = { 4: 504, 8: 429, 13: 500, 14: 503 };

function failureOf({ code, message }: { readonly code: number; readonly message: string }): Failure {
  if (!DENIED.includes(code))
    return failureOfStatus(STATUSES[code] ?? 0, message) ?? new Refused(message, { reason: 'rollout' });
  const advice =
    'The token has expired or lost its permission. Run the same command again with another one to resume it.';
  return new Failure(EXIT.denied, `${message} ${advice}`);
}

function memberOf<Json>(
  line: object,
  name: string,
  shape: (value: object) => value is Json & object,
): Json | undefined {
  const value: unknown = Reflect.get(line, name);
  return typeof value === 'object' && value !== null && shape(value) ? value : undefined;
}

/** No policy has an event of the rollout. */
function undefinedIfAbsent(caught: unknown): undefined {
  if (!(caught instanceof Refused) || caught.reason !== 'LP-ROLLOUT-01') throw caught;
}
