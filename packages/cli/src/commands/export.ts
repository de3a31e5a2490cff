import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { writeWholeFile } from '../files/write-file.js';
import { policyDocument, yamlOf } from '../policies/policies-document.js';
import { policiesSchema } from '../policies/policies-schema.js';
import { wholePolicies } from '../policies/whole-policies.js';
import { ofNone } from '../session/of-none.js';
import { SESSION_OPTIONS, withSession, type Session } from '../session/session.js';

const HEADER = '# yaml-language-server: $schema=login-policies.schema.json\n';

/** Writes the policies as a file. */
export const exporting: Command = {
  name: 'export',
  section: 'Policies as code',
  summary: 'Writes the policies that there are as YAML, for plan and apply.',
  details: [
    'Editors know what may stand there when the schema lies beside the file: login-policy schema > login-policies.schema.json. Each policy is whole; one that is changed meanwhile may be newer than the one before it. One that can’t be read ends it.',
  ],
  options: {
    ...SESSION_OPTIONS,
    out: { value: 'FILE', is: 'Writes to this file, the whole of it or nothing. Default: standard output.' },
  },
  examples: ['login-policy export --out policies.yaml --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => write(run, session)),
};

async function write({ given, io }: Run, session: Session): Promise<ExitCode> {
  const byDefault = await session.policies.policy(undefined).catch(ofNone);
  const organizations: [string, object][] = [];
  for await (const { owner, ...custom } of wholePolicies(session, io.interrupted))
    organizations.push([owner.organizationId ?? '', policyDocument({ owner, ...custom })]);
  const document = {
    instance: session.instance.instanceId,
    ...(byDefault && { default: policyDocument(byDefault.policy) }),
    organizations: Object.fromEntries(organizations),
  };
  const text = HEADER + yamlOf(document);
  const out = given.text('out');
  if (out === undefined) io.out.write(text);
  else writeWholeFile(out, text, io);
  return EXIT.done;
}

/** Prints the JSON Schema of a file of policies. */
export const schema: Command = {
  name: 'schema',
  section: 'Policies as code',
  summary: 'Prints the JSON Schema of a file of policies, for editors.',
  options: {},
  examples: ['login-policy schema > login-policies.schema.json'],
  run({ io }) {
    io.out.write(`${JSON.stringify(policiesSchema(), undefined, 2)}\n`);
    return Promise.resolve(EXIT.done);
  },
};
