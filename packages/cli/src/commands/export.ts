import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { writeWholeFile } from '../files/write-file.js';
import { policyDocument, yamlOf } from '../policies/policies-document.js';
import { policiesSchema } from '../policies/policies-schema.js';
import { wholePolicies } from '../policies/whole-policies.js';
import { undefinedIfAbsent } from '../session/undefined-if-absent.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

const HEADER = '# yaml-language-server: $schema=login-policies.schema.json\n';

/** Writes the policies as a file. */
export const exportCommand: Command = {
  name: 'export',
  section: 'Policies as code',
  summary: 'Writes all policies as YAML, for plan and apply.',
  details: [
    'Editors validate the file if its schema is beside it: login-policy schema > login-policies.schema.json. Each policy is consistent in itself, but policies that change during the export may be of different times. An unreadable policy ends the export.',
  ],
  options: {
    ...SESSION_OPTIONS,
    out: {
      placeholder: 'FILE',
      description: 'Writes to this file, completely or not at all. Default: standard output.',
    },
  },
  examples: ['login-policy export --out policies.yaml --store sqlite:iam.db'],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => write(invocation, session)),
};

async function write({ args, io }: Invocation, session: Session): Promise<ExitCode> {
  const byDefault = await session.policies.policy(undefined).catch(undefinedIfAbsent);
  const organizations: [string, object][] = [];
  for await (const { owner, ...custom } of wholePolicies(session, io.interrupted))
    organizations.push([owner.organizationId ?? '', policyDocument({ owner, ...custom })]);
  const document = {
    instance: session.instance.instanceId,
    ...(byDefault && { default: policyDocument(byDefault.policy) }),
    organizations: Object.fromEntries(organizations),
  };
  const text = HEADER + yamlOf(document);
  const out = args.value('out');
  if (out === undefined) io.out.write(text);
  else writeWholeFile(out, text, io);
  return EXIT.done;
}

/** Prints the JSON Schema of a policy file. */
export const schema: Command = {
  name: 'schema',
  section: 'Policies as code',
  summary: 'Prints the JSON Schema of a policy file, for editors.',
  options: {},
  examples: ['login-policy schema > login-policies.schema.json'],
  run({ io }) {
    io.out.write(`${JSON.stringify(policiesSchema(), undefined, 2)}\n`);
    return Promise.resolve(EXIT.done);
  },
};
