import type { HistoryEntry, HistoryOptions, LoginPolicies } from '@login-policy/domain';
import type { Pipeline } from '../calls/pipeline.js';
import type { PolicyAnswers } from '../calls/policy-answers.js';
import { OF_INSTANCE, OF_ORGANIZATION } from '../calls/scope.js';
import { parseTemplate, type Segment } from '../contract/path-template.js';
import { unreadable } from '../errors/refusals.js';
import type { RestTarget } from './rest-target.js';

/** A route that no descriptor of ZITADEL has. */
export interface OwnRoute {
  readonly verb: string;
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly target: RestTarget;
}

/** What the routes of the history are bound to. */
export interface HistorySources {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
  readonly pipeline: Pipeline;
}

/** `GET …/policies/login/history`: who changed what, when and why, for whoever may read the policy. */
export function historyRoutes(sources: HistorySources): readonly OwnRoute[] {
  const admin = { permission: 'iam.policy.read', scope: OF_INSTANCE };
  const management = { permission: 'policy.read', scope: OF_ORGANIZATION };
  return [
    route('/admin/v1/policies/login/history', historyTarget(admin, sources)),
    route('/management/v1/policies/login/history', historyTarget(management, sources)),
  ];
}

function route(path: string, target: RestTarget): OwnRoute {
  return { verb: 'GET', path, segments: parseTemplate(path), target };
}

function historyTarget(demand: RestTarget['demand'], { policies, answers, pipeline }: HistorySources): RestTarget {
  return {
    demand,
    read: ({ query }) => ({
      answer: async ({ admission, incoming }) => {
        const { owner } = pipeline.context(admission, incoming);
        const history = await answers.ofRead(policies.history(owner, historyOptions(query)));
        const { entries, lastSequence, unknownEvents } = history;
        const body = { lastSequence: String(lastSequence), unknownEvents, entries: entries.map(entryJson) };
        return { message: JSON.stringify(body), tag: `"history-${lastSequence}"` };
      },
    }),
  };
}

function entryJson({ sequence, recordedAt, ...entry }: HistoryEntry): object {
  return { sequence: String(sequence), recordedAt: new Date(recordedAt.toMillis()).toISOString(), ...entry };
}

function historyOptions(query: string): HistoryOptions {
  const parameters = new URLSearchParams(query);
  const direction = parameters.get('direction') ?? 'forwards';
  if (direction !== 'forwards' && direction !== 'backwards')
    throw unreadable('direction must be forwards or backwards.');
  const fromSequence = wholeNumber(parameters, 'fromSequence');
  const limit = wholeNumber(parameters, 'limit');
  return {
    direction,
    ...(fromSequence !== undefined && { fromSequence }),
    ...(limit !== undefined && { limit: Number(limit) }),
  };
}

function wholeNumber(parameters: URLSearchParams, name: string): bigint | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw unreadable(`${name} must be a whole number from 0 on.`);
}
