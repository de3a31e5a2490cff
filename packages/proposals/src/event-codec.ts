import { InvalidValue, parseObject, type Parser } from '@login-policy/domain/model';
import {
  eventCodec,
  toJsonObject,
  type EventCodec,
  type EventSchema,
  type JsonObject,
} from '@login-policy/event-sourcing';
import { parseAcknowledge, type RecordedChange, type RecordedStep } from './change.js';
import type { Problem, ProposalEvent, ProposalMade, StepResult } from './events.js';

const text: Parser<string> = (value, field) => {
  if (typeof value === 'string') return value;
  throw new InvalidValue(field, 'text', value);
};

const whole: Parser<number> = (value, field) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidValue(field, 'a whole number', value);
};

const truth: Parser<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  throw new InvalidValue(field, 'true or false', value);
};

function listOf<Item>(parse: Parser<Item>): Parser<readonly Item[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw new InvalidValue(field, 'a list', value);
    return Array.from(value, (item: unknown, index) => parse(item, `${field}[${index}]`));
  };
}

const texts = listOf(text);

/** An optional member, left out where it has no value. */
function member<Name extends string, Value>(
  given: Readonly<Record<string, unknown>>,
  name: Name,
  parse: Parser<Value>,
): { readonly [N in Name]?: Value } {
  const result: { [N in Name]?: Value } = {};
  if (given[name] !== undefined) result[name] = parse(given[name], name);
  return result;
}

const problem: Parser<Problem> = (value, field) => {
  const { reason, message } = parseObject(value, field, ['reason', 'message']);
  return { reason: text(reason, `${field}.reason`), message: text(message, `${field}.message`) };
};

const step: Parser<StepResult> = (value, field) => {
  const given = parseObject(value, field, ['organizationId', 'outcome', 'problem']);
  const outcome = (['changed', 'refused', 'unchanged'] as const).find((one) => one === given['outcome']);
  if (outcome === undefined) throw new InvalidValue(`${field}.outcome`, 'an outcome', given['outcome']);
  return { ...member(given, 'organizationId', text), outcome, ...member(given, 'problem', problem) };
};

const steps = listOf(step);

const recordedStep: Parser<RecordedStep> = (value, field) => {
  const given = parseObject(value, field, ['organizationId', 'command']);
  return { ...member(given, 'organizationId', text), command: command(given['command'], `${field}.command`) };
};

const command: Parser<JsonObject> = (value, field) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return toJsonObject(value);
  throw new InvalidValue(field, 'a command', value);
};

const CHANGE = ['type', 'steps', 'command', 'organizationIds', 'withDefault', 'acknowledge'];

const change: Parser<RecordedChange> = (value, field) => {
  const given = parseObject(value, field, CHANGE);
  const acknowledge = member(given, 'acknowledge', parseAcknowledge);
  if (given['type'] === 'plan')
    return { type: 'plan', steps: listOf(recordedStep)(given['steps'], `${field}.steps`), ...acknowledge };
  if (given['type'] !== 'rollout') throw new InvalidValue(`${field}.type`, 'plan or rollout', given['type']);
  return {
    type: 'rollout',
    command: command(given['command'], `${field}.command`),
    ...member(given, 'organizationIds', texts),
    ...member(given, 'withDefault', truth),
    ...acknowledge,
  };
};

const MADE = ['instanceId', 'id', 'change', 'seen', 'subject', 'needed', 'at', 'until', 'expiresAt', 'isEmergency'];

function readMade(data: JsonObject): ProposalMade['data'] {
  const given = parseObject(data, 'data', MADE);
  return {
    instanceId: text(given['instanceId'], 'instanceId'),
    id: text(given['id'], 'id'),
    change: change(given['change'], 'change'),
    seen: texts(given['seen'], 'seen'),
    ...member(given, 'subject', text),
    needed: whole(given['needed'], 'needed'),
    ...member(given, 'at', text),
    ...member(given, 'until', text),
    expiresAt: text(given['expiresAt'], 'expiresAt'),
    isEmergency: truth(given['isEmergency'], 'isEmergency'),
  };
}

function schema<Data extends object>(read: (data: JsonObject) => Data): EventSchema<Data> {
  return { upcasters: [], write: (data) => toJsonObject(read(toJsonObject(data))), read };
}

const NOTHING = schema<Readonly<Record<string, never>>>((data) => parseObject(data, 'data', []) && {});

/** How events of proposals are stored. */
export const proposalEvents: EventCodec<ProposalEvent> = eventCodec<ProposalEvent>({
  ProposalMade: schema(readMade),
  ProposalApproved: schema((data) => {
    const given = parseObject(data, 'data', ['subject', 'seen', 'needed']);
    const [seen, needed] = [texts(given['seen'], 'seen'), whole(given['needed'], 'needed')];
    return { ...member(given, 'subject', text), seen, needed };
  }),
  ProposalRejected: schema((data) => member(parseObject(data, 'data', ['subject']), 'subject', text)),
  ProposalWithdrawn: NOTHING,
  ProposalExpired: NOTHING,
  ApprovalsVoided: schema((data) => ({
    problem: problem(parseObject(data, 'data', ['problem'])['problem'], 'problem'),
  })),
  CarryingOutBegun: schema((data) => {
    const given = parseObject(data, 'data', ['before', 'dueAt']);
    return { before: texts(given['before'], 'before'), dueAt: text(given['dueAt'], 'dueAt') };
  }),
  ProposalCarriedOut: schema((data) => ({ steps: steps(parseObject(data, 'data', ['steps'])['steps'], 'steps') })),
  ProposalNotCarriedOut: schema((data) => {
    const given = parseObject(data, 'data', ['problem', 'steps']);
    return { problem: problem(given['problem'], 'problem'), steps: steps(given['steps'], 'steps') };
  }),
  ProposalEnded: schema((data) => ({ steps: steps(parseObject(data, 'data', ['steps'])['steps'], 'steps') })),
});
