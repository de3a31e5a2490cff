import type { NewLoginPolicy } from '@login-policy/domain';
import { hintFor, type Instant, parseInstant } from '@login-policy/event-sourcing';
import type { Path, YamlFile } from '../files/yaml-file.js';

/** The state of a policy from an instant on. */
export interface ImportedState {
  readonly path: Path;
  readonly at: Instant;
  readonly organizationId: string | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  readonly policy: NewLoginPolicy | 'removed';
}

/** The policies of an IAM with their dates. */
export interface ImportFile {
  readonly file: YamlFile;
  readonly instanceId: string | undefined;
  /** In the order of their instants. */
  readonly states: readonly ImportedState[];
  /** The start of the import. Later instants are refused. */
  readonly startedAt: Instant;
}

const MEMBERS = ['instance', 'policies'];
const STATE_MEMBERS = ['at', 'organization', 'by', 'reason', 'policy'];

/** Parses an import file. The domain checks the content of policies. @throws Failure with line and column. */
export function parseImportFile(file: YamlFile): ImportFile {
  refuseUnknown(file, [], MEMBERS);
  const listed = file.valueAt(['policies']);
  if (!Array.isArray(listed))
    throw file.failure(['policies'], 'policies must be a list of { at, organization?, by?, reason?, policy }.');
  const startedAt = parseInstant(new Date().toISOString());
  const states = listed.map((_, index) => stateAt(file, ['policies', index], startedAt));
  const ordered = states.toSorted((one, other) => one.at - other.at);
  return { file, instanceId: file.textAt(['instance']), states: ordered, startedAt };
}

function stateAt(file: YamlFile, path: Path, startedAt: Instant): ImportedState {
  refuseUnknown(file, path, STATE_MEMBERS);
  const policy = file.valueAt([...path, 'policy']);
  if (policy !== 'removed' && !isPolicy(policy))
    throw file.failure(
      [...path, 'policy'],
      'policy must have the members settings, secondFactors, multiFactors and identityProviders, or be the word removed.',
    );
  return {
    path,
    at: instantAt(file, [...path, 'at'], startedAt),
    organizationId: file.textAt([...path, 'organization']),
    by: file.textAt([...path, 'by']),
    reason: file.textAt([...path, 'reason']),
    policy,
  };
}

function instantAt(file: YamlFile, path: Path, startedAt: Instant): Instant {
  const text = file.textAt(path);
  const expected = 'at must be a past instant with its offset: 2024-05-01T10:00:00Z.';
  try {
    const at = parseInstant(text ?? '');
    if (at <= startedAt) return at;
  } catch {
    // The error is thrown below.
  }
  throw file.failure(path, expected);
}

function refuseUnknown(file: YamlFile, path: Path, members: readonly string[]): void {
  for (const member of file.keysAt(path)) {
    if (members.includes(member)) continue;
    throw file.failure([...path, member], `${member} is not a member here. ${hintFor(member, members)}`);
  }
}

/** Whether the value can be passed to the domain, which checks its members and reports errors. */
function isPolicy(value: unknown): value is NewLoginPolicy {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
