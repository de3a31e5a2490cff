import type { NewLoginPolicy } from '@login-policy/domain';
import { InvalidValue, parseId } from '@login-policy/domain/model';
import { hintFor } from '@login-policy/event-sourcing';
import { pathOf, type Path, type YamlFile } from '../files/yaml-file.js';

/** A policy in the file. */
export interface FilePolicy {
  readonly path: Path;
  /** `undefined` for the default policy. */
  readonly organizationId: string | undefined;
  /** The wanted policy; `default` for an organization that must not have a custom one. */
  readonly policy: NewLoginPolicy | 'default';
}

/** A policy file. */
export interface PoliciesFile {
  readonly yaml: YamlFile;
  readonly instanceId: string | undefined;
  readonly policies: readonly FilePolicy[];
  /** What to do with custom policies that are not in the file. */
  readonly unlisted: 'default' | 'keep';
}

const MEMBERS = ['instance', 'default', 'organizations', 'unlisted'];
const UNLISTED = ['keep', 'default'] as const;

/**
 * Parses a policy file. The domain checks the content of policies when a plan is made. @throws Failure with line and
 * column.
 */
export function parsePoliciesFile(file: YamlFile): PoliciesFile {
  if (!file.isMap) throw file.failure([], `Expected a policy file with the members ${MEMBERS.join(', ')}.`);
  for (const member of file.keysAt([])) if (!MEMBERS.includes(member)) throw unknownMember(file, member);
  if (!file.isMapOrNothing(['organizations']))
    throw file.failure(['organizations'], 'organizations must have a member for each organization, named by its id.');
  const byDefault = file.valueAt(['default']);
  return {
    yaml: file,
    instanceId: idAt(file, ['instance'], file.textAt(['instance'])),
    policies: [
      ...(byDefault === undefined ? [] : [policyAt(file, ['default'])]),
      ...file.keysAt(['organizations']).map((id) => policyAt(file, ['organizations', id])),
    ],
    unlisted: unlistedIn(file),
  };
}

function policyAt(file: YamlFile, path: Path): FilePolicy {
  const organizationId = idAt(file, path, path.map(String)[1]);
  const policy = file.valueAt(path);
  if (policy === 'default' && organizationId !== undefined) return { path, organizationId, policy };
  if (isPolicy(policy)) return { path, organizationId, policy };
  const other =
    organizationId === undefined ? '' : ', or be the word default for an organization without a custom policy';
  throw file.failure(
    path,
    `A policy must have the members settings, secondFactors, multiFactors and identityProviders${other}.`,
  );
}

/** @throws Failure for what can't be an id. */
function idAt(file: YamlFile, path: Path, id: string | undefined): string | undefined {
  try {
    return id === undefined ? undefined : parseId(id, path.length === 1 ? 'instance' : 'organization');
  } catch (caught) {
    if (caught instanceof InvalidValue) throw file.failure(path, caught.message);
    throw caught;
  }
}

function unlistedIn(file: YamlFile): PoliciesFile['unlisted'] {
  const text = file.textAt(['unlisted']) ?? 'keep';
  const found = UNLISTED.find((one) => one === text);
  if (found !== undefined) return found;
  throw file.failure(
    ['unlisted'],
    `unlisted must be ${UNLISTED.join(' or ')}: it decides about custom policies that are not in the file.`,
  );
}

/** The path of a policy's field, from the domain's name for it. */
export function pathOfField({ path }: FilePolicy, field: string): Path {
  return [...path, ...pathOf(field.replace(/^policy\./, ''))];
}

function unknownMember(file: YamlFile, member: string): Error {
  return file.failure([member], `${member} is not a member of a policy file. ${hintFor(member, MEMBERS)}`);
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value can be passed to the domain, which checks its members and reports errors. */
function isPolicy(value: unknown): value is NewLoginPolicy {
  return isMap(value);
}
