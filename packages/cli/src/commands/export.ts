import { orThrow, type InstanceRef, type OwnerRef } from '@login-policy/domain';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { writeWholeFile } from '../files/write-file.js';
import { policyDocument, yamlOf } from '../policies/policies-document.js';
import { policiesSchema } from '../policies/policies-schema.js';
import { listedAll } from '../store/listed-all.js';
import { SESSION_OPTIONS, withSession, type Session } from '../store/session.js';

const HEADER = '# yaml-language-server: $schema=login-policies.schema.json\n';

/** Writes the policies as a file. */
export const exporting: Command = {
  name: 'export',
  section: 'Policies as code',
  summary: 'Writes the policies that there are as YAML, for plan and apply.',
  details: [
    'Editors know what may stand there when the schema lies beside the file: login-policy schema > login-policies.schema.json. Each policy is whole; one that is changed meanwhile may be newer than the one before it.',
  ],
  options: {
    ...SESSION_OPTIONS,
    out: { value: 'FILE', is: 'Writes to this file, the whole of it or nothing. Default: standard output.' },
  },
  examples: ['login-policy export --out policies.yaml --store sqlite:iam.db'],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => write(run, session)),
};

async function write({ given, io }: Run, session: Session): Promise<ExitCode> {
  const { instance } = session;
  const byDefault = await documentOf(session, instance);
  const organizations: [string, object][] = [];
  for (const organizationId of await listedAll(session)) {
    io.interrupted.throwIfAborted();
    const custom = await documentOf(session, { ...instance, organizationId });
    if (custom !== undefined) organizations.push([organizationId, custom]);
  }
  const document = {
    instance: instance.instanceId,
    ...(byDefault && { default: byDefault }),
    organizations: Object.fromEntries(organizations),
  };
  const text = HEADER + yamlOf(document);
  const out = given.text('out');
  if (out === undefined) io.out.write(text);
  else writeWholeFile(out, text, io);
  return EXIT.done;
}

/** `undefined` of a policy that is not there, or was given up meanwhile. */
async function documentOf({ loginPolicies }: Session, owner: InstanceRef | OwnerRef): Promise<object | undefined> {
  const answer = await loginPolicies.policy(owner);
  if (answer.outcome === 'rejected' && answer.rejection.reason === 'policy-not-found') return undefined;
  return policyDocument(orThrow(answer).policy);
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
