import { createHash } from 'node:crypto';
import type { Acknowledgement, OwnerRef } from '@login-policy/domain';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { previewText } from '../changes/change-one.js';
import type { PreviewJson } from '../session/answers.js';
import type { Difference, PlannedCommand } from './plan.js';

const FORMAT = 'login-policy plan';
const VERSION = 1;

/** One change of a plan, for an exact state of the policy. */
export interface PlannedStep {
  /** Absent for the default policy. */
  readonly organizationId?: string;
  readonly command: PlannedCommand;
  /** The sequence of the policy, as decimal digits; 0 without events. */
  readonly ifSequence: string;
  /** The last event of the policy; absent without events. */
  readonly ifEventId?: string;
  /** What its preview depended on: also the default policy, where users meet it before or after the step. */
  readonly seen: string;
  /** Whether they do. */
  readonly meetsDefault?: true;
  /** The text that `plan` showed for this step. */
  readonly shown: string;
}

/** The content of a plan without its digest. */
interface PlanContent {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly instanceId: string;
  /** The head of the store when the plan was made; absent for a plan made over the API. */
  readonly position?: string;
  readonly madeAt: string;
  readonly acknowledge: readonly Acknowledgement[];
  readonly steps: readonly PlannedStep[];
}

/** A plan as stored in a file. Its digest detects changes of the file, and is the idempotency key of its commands. */
export interface PlanFile extends PlanContent {
  readonly digest: string;
}

/** The input of a plan. */
export interface PlanParts {
  readonly instanceId: string;
  readonly position: string | undefined;
  readonly acknowledge: readonly Acknowledgement[];
  readonly differences: readonly Difference[];
}

/** Creates a plan for a file. */
export function planFileOf({ acknowledge, differences, instanceId, position }: PlanParts): PlanFile {
  const content: PlanContent = {
    format: FORMAT,
    version: VERSION,
    instanceId,
    ...(position !== undefined && { position }),
    madeAt: new Date().toISOString(),
    acknowledge,
    steps: differences.map(stepOf),
  };
  return { ...content, digest: digestOf(content) };
}

function stepOf({ command, ref, preview }: Difference): PlannedStep {
  return {
    ...(ref !== undefined && { organizationId: ref }),
    command,
    ifSequence: preview.sequence,
    ...(preview.eventId !== undefined && { ifEventId: preview.eventId }),
    seen: preview.seen,
    ...(ref !== undefined && meetsDefault(preview) && { meetsDefault: true }),
    shown: previewText(preview, (_, text) => text),
  };
}

function meetsDefault({ events }: PreviewJson): boolean {
  return events.some(({ type }) => type === 'LoginPolicyAdded' || type === 'LoginPolicyRemoved');
}

/** Parses a plan. @throws Failure for a malformed plan, another version, or a changed file. */
export function parsePlanFile(name: string, text: string): PlanFile {
  const plan = parseJson(name, text);
  if (!isPlan(plan)) {
    throw new Failure(
      EXIT.data,
      `${name} is not a plan. Make one from a policy file: login-policy plan FILE --out PLAN.`,
    );
  }
  if (plan.version !== VERSION) {
    const advice = 'Make a new one with this version: login-policy plan FILE --out PLAN.';
    throw new Failure(
      EXIT.data,
      `${name} is a plan of version ${plan.version}, but this program is version ${VERSION}. ${advice}`,
    );
  }
  const { digest, ...content } = plan;
  if (digest === digestOf(content)) return plan;
  throw new Failure(EXIT.data, `${name} was changed since it was made. Change the policy file, and plan again.`);
}

/** The owner of the policy that a step changes. */
export function ownerOfStep({ instanceId }: Pick<PlanFile, 'instanceId'>, { organizationId }: PlannedStep): OwnerRef {
  return organizationId === undefined ? { instanceId } : { instanceId, organizationId };
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const advice = 'If it is a policy file, plan it first: login-policy plan FILE --out PLAN.';
    throw new Failure(EXIT.data, `${name} is not a plan: it is not JSON. ${advice}`, { cause });
  }
}

/** Not checked in detail: a plan with the right digest was made by this program, in the version it names. */
function isPlan(value: unknown): value is PlanFile {
  return (
    typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT && 'digest' in value
  );
}

function digestOf(content: PlanContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
