import {
  analyze as analyzePolicy,
  checksNoOlderThan,
  everyUserCanGetIn,
  nobodyGetsInBelow,
  PACKS,
  type Finding,
  type Pack,
  type Property,
} from '@login-policy/domain/analysis';
import { InvalidValue, SIGN_IN_LEVELS, type LoginPolicy } from '@login-policy/domain/model';
import { hintFor } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { readYaml } from '../files/yaml-file.js';
import type { Paint } from '../output/paint.js';
import { titleOf } from '../output/policy-text.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { ExistingPolicies } from '../policies/existing-policies.js';
import { parsePoliciesFile, pathOfField, type PoliciesFile } from '../policies/policies-file.js';
import type { PolicyRef } from '../session/policy-ref.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

/** Checks properties of policies over all kinds of users and sessions. */
export const analyze: Command = {
  name: 'analyze',
  section: 'Policies as code',
  summary: 'Checks what policies let happen, over all kinds of users and sessions.',
  details: [
    'With a policy file: its policies as they would be after apply. Without: the default and every custom policy.',
    `Packs: ${PACKS.map(({ name, title }) => `${name} (${title})`).join('; ')}.`,
    'Exit code 0: all holds; 1: something does not, with a sign-in that shows it. What a standard only recommends ("should") does not count.',
  ],
  arguments: [{ name: 'FILE', description: 'The policy file.', isOptional: true }],
  options: {
    ...SESSION_OPTIONS,
    pack: { placeholder: 'NAME', description: 'A pack of properties. May be given several times.', isRepeatable: true },
    'nobody-below': { placeholder: 'LEVEL', description: `Nobody gets in below: ${SIGN_IN_LEVELS.join(', ')}.` },
    'no-older-than': { placeholder: 'DURATION', description: 'Nobody gets in by an older check: PT12H.' },
    'everybody-gets-in': { description: 'Every user with a password, a passkey or a linked account can get in.' },
    ...OUTPUT_OPTIONS,
  },
  examples: ['login-policy analyze policies.yaml --pack nist-aal2 --store sqlite:iam.db'],
  run: analyzePolicies,
};

/** A policy with its findings. */
interface Analyzed {
  readonly ref: PolicyRef;
  readonly findings: readonly Finding[];
}

async function analyzePolicies(invocation: Invocation): Promise<ExitCode> {
  const { args, io } = invocation;
  const wanted = wantedIn(args);
  const name = args.argument('FILE');
  const file = name === undefined ? undefined : parsePoliciesFile(await readYaml(name, io));
  return withSession(invocation, { purpose: 'read', instanceId: file?.instanceId }, async (session) => {
    const existing = await ExistingPolicies.all(session, io.interrupted);
    const analyzed: Analyzed[] = [];
    for (const [ref, policy] of policiesIn(existing, file)) {
      io.interrupted.throwIfAborted();
      if (policy?.stage !== 'active') throw notAnalyzed(session, ref);
      analyzed.push({ ref, findings: analyzePolicy(policy, wanted) });
    }
    writeResult(
      invocation,
      () => ({ policies: analyzed.map(({ findings, ref }) => ({ owner: ownerOf(session, ref), findings })) }),
      (paint) => textOf(session, { analyzed, wanted }, paint),
    );
    return analyzed.some(({ findings }) => findings.some(isBroken)) ? EXIT.refused : EXIT.done;
  });
}

/** The policies to analyze: those of the file as they would be, or all that there are. */
function policiesIn(
  existing: ExistingPolicies,
  file: PoliciesFile | undefined,
): readonly (readonly [PolicyRef, LoginPolicy | undefined])[] {
  if (file === undefined) {
    const all = [...(existing.has(undefined) ? [undefined] : []), ...existing.organizationIds];
    return all.map((ref) => [ref, existing.state(ref)]);
  }
  let byDefault = existing.state(undefined);
  // The default is the first of the file.
  return file.policies.flatMap((one) => {
    const { organizationId: ref, policy: wanted } = one;
    if (wanted === 'default') return [];
    const failure = (field: string, message: string): Error => file.yaml.failure(pathOfField(one, field), message);
    const after = existing.after(ref, { byDefault, wanted }, failure);
    // What a new custom policy does not name is as its users have it now.
    if (ref === undefined) byDefault ??= after;
    return [[ref, after] as const];
  });
}

/** What to check. @throws Failure for an unknown name or a malformed value, or if there is nothing to check. */
function wantedIn(args: ParsedArguments): readonly (Pack | Property)[] {
  const [level, age] = [args.value('nobody-below'), args.value('no-older-than')];
  const wanted: (Pack | Property)[] = args.values('pack').map(packNamed);
  if (level !== undefined) wanted.push(nobodyGetsInBelow(levelNamed(level)));
  if (age !== undefined) wanted.push(aged(age));
  if (args.flag('everybody-gets-in')) wanted.push(everyUserCanGetIn());
  if (wanted.length > 0) return wanted;
  throw new Failure(EXIT.usage, `There is nothing to check: add --pack ${PACKS[0]?.name ?? 'NAME'}, or a property.`);
}

function packNamed(name: string): Pack {
  const found = PACKS.find((pack) => pack.name === name);
  if (found !== undefined) return found;
  const names = PACKS.map((pack) => pack.name);
  throw new Failure(EXIT.usage, `${JSON.stringify(name)} is not a pack. ${hintFor(name, names)}`);
}

function levelNamed(name: string): (typeof SIGN_IN_LEVELS)[number] {
  const found = SIGN_IN_LEVELS.find((level) => level === name);
  if (found !== undefined) return found;
  throw new Failure(EXIT.usage, `${JSON.stringify(name)} is not a level. ${hintFor(name, SIGN_IN_LEVELS)}`);
}

function aged(text: string): Property {
  try {
    return checksNoOlderThan(text);
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw new Failure(EXIT.usage, `--no-older-than must be ${cause.expected}, not ${cause.received}.`, { cause });
  }
}

function isBroken({ holds, requirement }: Finding): boolean {
  return !holds && requirement !== 'should';
}

function ownerOf(
  { instance }: Session,
  ref: PolicyRef,
): { readonly instanceId: string; readonly organizationId?: string } {
  return ref === undefined ? instance : { ...instance, organizationId: ref };
}

function notAnalyzed(session: Session, ref: PolicyRef): Failure {
  return new Failure(EXIT.refused, `${titleOf(ownerOf(session, ref))} does not exist, or can't be as the file has it.`);
}

interface Result {
  readonly analyzed: readonly Analyzed[];
  readonly wanted: readonly (Pack | Property)[];
}

function textOf(session: Session, { analyzed, wanted }: Result, paint: Paint): string {
  const policies = analyzed.map(({ findings, ref }) => {
    const failing = findings.filter(({ holds }) => !holds);
    const title = paint('strong', titleOf(ownerOf(session, ref)));
    if (failing.length === 0) return `${title}\n  All holds.\n`;
    return `${title}\n${failing.map((finding) => findingText(finding, paint)).join('')}`;
  });
  const undecided = wanted.flatMap((one) => ('undecided' in one ? [undecidedText(one)] : []));
  return [...policies, paint('quiet', undecided.join(''))].filter((text) => text !== '').join('\n');
}

function findingText({ clause, counterexample, pack, requirement, says }: Finding, paint: Paint): string {
  const where = pack === undefined ? '' : `${pack} ${clause ?? ''}${requirement === 'should' ? ' (should)' : ''}: `;
  const mark = paint(requirement === 'should' ? 'warning' : 'removed', 'does not hold');
  return `  ${mark}: ${where}${says}\n    ${counterexample?.sentence ?? ''}\n`;
}

function undecidedText({ name, source, undecided }: Pack): string {
  const lines = undecided.map(({ clause, why }) => `  ${clause}: ${why}\n`);
  return `What a login policy can't decide of ${name} (${source.document}, ${source.date}):\n${lines.join('')}`;
}
