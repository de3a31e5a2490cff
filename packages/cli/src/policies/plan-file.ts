import { createHash } from 'node:crypto';
import type { OwnerRef } from '@login-policy/domain';
import type { LockOut } from '@login-policy/domain/model';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { previewText } from '../changes/change-one.js';
import type { Difference, PlannedCommand } from './plan.js';

const FORMAT = 'login-policy plan';
const VERSION = 1;

/** One change of a plan, pinned to the policy that was seen. */
export interface PlannedStep {
  /** Left out for the default policy. */
  readonly organizationId?: string;
  readonly command: PlannedCommand;
  /** Where the policy stood: decimal digits, 0 for none. */
  readonly ifSequence: string;
  /** Its last event; left out for none. */
  readonly ifEventId?: string;
  /** What was shown of it. */
  readonly shown: string;
}

/** What a plan consists of, apart from its digest. */
interface PlanContent {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly instanceId: string;
  /** The head of the store when it was made; left out of one that was made over the API. */
  readonly position?: string;
  readonly madeAt: string;
  readonly acknowledge: readonly LockOut[];
  readonly steps: readonly PlannedStep[];
}

/** A plan as it is kept in a file. Its digest notices a change, and is what its commands are repeated under. */
export interface PlanFile extends PlanContent {
  readonly digest: string;
}

/** What a plan is made of. */
export interface PlanParts {
  readonly instanceId: string;
  readonly position: string | undefined;
  readonly acknowledge: readonly LockOut[];
  readonly differences: readonly Difference[];
}

/** Makes a plan, to be written to a file. */
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

function stepOf({ command, of, preview }: Difference): PlannedStep {
  return {
    ...(of !== undefined && { organizationId: of }),
    command,
    ifSequence: preview.sequence,
    ...(preview.eventId !== undefined && { ifEventId: preview.eventId }),
    shown: previewText(preview, (_, text) => text),
  };
}

/** Reads a plan. @throws Failure for what is not one, is of another version, or was changed since. */
export function parsePlanFile(name: string, text: string): PlanFile {
  const plan = parsedOf(name, text);
  if (!isPlan(plan)) {
    throw new Failure(
      EXIT.data,
      `${name} is not a plan. Make one of a file of policies: login-policy plan FILE --out PLAN.`,
    );
  }
  if (plan.version !== VERSION) {
    const advice = 'Make it anew with this version: login-policy plan FILE --out PLAN.';
    throw new Failure(
      EXIT.data,
      `${name} is a plan of version ${plan.version}, and this program knows ${VERSION}. ${advice}`,
    );
  }
  const { digest, ...content } = plan;
  if (digest === digestOf(content)) return plan;
  throw new Failure(EXIT.data, `${name} was changed since it was made. Change the file of policies, and plan again.`);
}

/** Whose policy a step changes. */
export function ownerOfStep({ instanceId }: Pick<PlanFile, 'instanceId'>, { organizationId }: PlannedStep): OwnerRef {
  return organizationId === undefined ? { instanceId } : { instanceId, organizationId };
}

function parsedOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const advice = 'Is it a file of policies? Then plan it first: login-policy plan FILE --out PLAN.';
    throw new Failure(EXIT.data, `${name} is not a plan: it is not JSON. ${advice}`, { cause });
  }
}

/** What its digest is of was made by this program, whose version it names. */
function isPlan(value: unknown): value is PlanFile {
  return (
    typeof value === 'object' && value !== null && 'format' in value && value.format === FORMAT && 'digest' in value
  );
}

function digestOf(content: PlanContent): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
