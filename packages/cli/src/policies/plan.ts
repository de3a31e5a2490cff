import type { Acknowledgement, NewLoginPolicy } from '@login-policy/domain';
import { Failure } from '../failure.js';
import { Refused, type PreviewJson } from '../session/answers.js';
import type { PreviewConditions } from '../session/policies.js';
import type { PolicyRef } from '../session/policy-ref.js';
import type { Session } from '../session/session.js';
import { mapConcurrently } from './map-concurrently.js';
import { pathOfField, type PoliciesFile, type FilePolicy } from './policies-file.js';
import { ExistingPolicies } from './existing-policies.js';

/** A policy that differs from the file. */
export interface Difference {
  readonly ref: PolicyRef;
  readonly command: PlannedCommand;
  readonly preview: PreviewJson;
}

/** A command of a plan. */
export type PlannedCommand = { readonly type: 'set'; readonly policy: NewLoginPolicy } | { readonly type: 'remove' };

/** A policy whose change would be refused. */
export interface Refusal {
  readonly ref: PolicyRef;
  readonly message: string;
}

/** All differences between the store and a file. */
export interface Differences {
  readonly differences: readonly Difference[];
  readonly refusals: readonly Refusal[];
}

/** A command that may be needed, and the part of the file it comes from. */
interface Candidate {
  readonly ref: PolicyRef;
  readonly command: PlannedCommand;
  readonly fromFile?: FilePolicy;
}

/** Up to this many organizations are read one by one, because a token for one of them can't list all. */
const MOST_READ_SINGLY = 20;

/**
 * Compares a file with the store. It reads whole policies by page, compares them, and previews a command for each that
 * differs.
 *
 * @throws Failure with the place in the file.
 */
export async function differencesOf(
  session: Session,
  file: PoliciesFile,
  { acknowledge, signal }: { readonly acknowledge: readonly Acknowledgement[]; readonly signal: AbortSignal },
): Promise<Differences> {
  const readSingly = file.unlisted === 'keep' && file.policies.length <= MOST_READ_SINGLY ? file.policies : undefined;
  for (const policy of file.policies) refuseUnlisted(session, file, policy);
  const existing = await (readSingly === undefined
    ? ExistingPolicies.all(session, signal)
    : ExistingPolicies.of(
        session,
        readSingly.map(({ organizationId }) => organizationId),
      ));
  const candidates = inOrder(candidatesIn(file, existing), existing.has(undefined));
  const besideOf = othersIn(candidates, existing);
  const previewed = await mapConcurrently(
    candidates,
    async ({ command, ref, fromFile }): Promise<Difference | Refusal | undefined> => {
      signal.throwIfAborted();
      try {
        const preview = await session.policies.preview(ref, command, { acknowledge, beside: besideOf(ref) });
        return preview.events.length === 0 ? undefined : { ref, command, preview };
      } catch (caught) {
        if (!(caught instanceof Refused)) throw caught;
        if (caught.field !== undefined && fromFile !== undefined)
          throw file.yaml.failure(pathOfField(fromFile, caught.field), caught.message);
        return { ref, message: caught.message };
      }
    },
  );
  const found = previewed.filter((one) => one !== undefined);
  return {
    differences: found.filter((one) => 'preview' in one),
    refusals: found.filter((one) => 'message' in one),
  };
}

function candidatesIn(file: PoliciesFile, existing: ExistingPolicies): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const fromFile of file.policies) {
    const { organizationId: ref, policy } = fromFile;
    if (policy === 'default') {
      if (ref !== undefined && existing.has(ref)) candidates.push({ ref, command: { type: 'remove' } });
    } else if (
      !existing.matches(ref, policy, (field, message) => file.yaml.failure(pathOfField(fromFile, field), message))
    ) {
      candidates.push({ ref, command: { type: 'set', policy }, fromFile });
    }
  }
  if (file.unlisted === 'keep') return candidates;
  const listed = new Set(file.policies.map(({ organizationId }) => organizationId));
  const others = existing.organizationIds.filter((id) => !listed.has(id));
  return [...candidates, ...others.map((ref): Candidate => ({ ref, command: { type: 'remove' } }))];
}

/**
 * New custom policies are added before the default changes, and others are removed after it: so at no time do users meet
 * a policy that is neither the one before the plan nor the one after it. A new default comes first, because custom
 * policies are as the default in what the file does not name.
 */
function inOrder(candidates: readonly Candidate[], isDefaultThere: boolean): readonly Candidate[] {
  const placeOf = ({ command, ref }: Candidate): number => {
    if (ref === undefined) return 1;
    return command.type === 'set' && isDefaultThere ? 0 : 2;
  };
  return candidates.toSorted((left, right) => placeOf(left) - placeOf(right));
}

/** The other steps that matter to the preview of one: what its users meet, and who they are. */
function othersIn(
  candidates: readonly Candidate[],
  existing: ExistingPolicies,
): (ref: PolicyRef) => NonNullable<PreviewConditions['beside']> {
  const byDefault = candidates.find(({ ref }) => ref === undefined)?.command;
  const organizationIds = candidates.flatMap(({ ref }) => (ref === undefined || existing.has(ref) ? [] : [ref]));
  return (ref) => {
    if (ref === undefined) return { organizationIds };
    return byDefault === undefined ? {} : { byDefault };
  };
}

function refuseUnlisted(session: Session, { yaml }: PoliciesFile, { organizationId, path }: FilePolicy): void {
  if (organizationId === undefined) return;
  try {
    session.organization(organizationId);
  } catch (caught) {
    if (caught instanceof Failure) throw yaml.failure(path, caught.message);
    throw caught;
  }
}
