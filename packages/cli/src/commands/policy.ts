import { hintFor } from '@login-policy/event-sourcing';
import type { Command, Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { OUTPUT_OPTIONS, writeResult } from '../output/result.js';
import { printable } from '../output/printable.js';
import { policyText } from '../output/policy-text.js';
import { policyRefOf, SESSION_OPTIONS, withSession, type Session } from '../session/session.js';
import { MOMENT, momentText } from './moment.js';

/** Shows a policy. */
export const policy: Command = {
  name: 'policy',
  section: 'Look',
  summary: 'Shows the default policy, or the effective policy of an organization.',
  arguments: [
    { name: 'ORGANIZATION', description: 'The organization. Default: shows the default policy.', isOptional: true },
  ],
  options: {
    ...SESSION_OPTIONS,
    'as-of': { placeholder: MOMENT, description: 'Shows the policy at that moment.' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'login-policy policy --store sqlite:iam.db',
    'login-policy policy acme --store sqlite:iam.db --as-of 2026-11-28T12:00:00Z',
  ],
  run: (invocation) => withSession(invocation, { purpose: 'read' }, (session) => show(invocation, session)),
};

async function show(invocation: Invocation, session: Session): Promise<ExitCode> {
  const id = invocation.args.argument('ORGANIZATION');
  const asOf = momentText(invocation.args.value('as-of'), '--as-of');
  const found = await session.policies.policy(policyRefOf(session, id), asOf);
  const isOnDefault = id !== undefined && found.policy.isDefault;
  const remark = isOnDefault ? await onDefaultText(id, { asOf, session }) : '';
  writeResult(
    invocation,
    () => found,
    (paint) => `${remark === '' ? '' : `${paint('quiet', remark)}\n`}${policyText(found.policy, paint)}`,
  );
  return EXIT.done;
}

/** Organizations are only known by their custom policies, so a mistyped id looks like an organization without one. */
async function onDefaultText(
  id: string,
  { asOf, session: { policies } }: { readonly asOf: string | undefined; readonly session: Session },
): Promise<string> {
  // Now the organization may have one.
  if (asOf !== undefined) return `Organization ${printable(id)} had no custom policy then: the default applied to it.`;
  // A user who may see only one organization gets no list of others.
  const { organizationIds } = await policies.customized({ limit: 1000 }).catch(noneIfDenied);
  const answer = `Organization ${printable(id)} has no custom policy: the default applies to it.`;
  return `${answer} ${printable(hintFor(id, organizationIds, ''))}`.trimEnd();
}

function noneIfDenied(caught: unknown): { readonly organizationIds: readonly string[] } {
  if (caught instanceof Failure && caught.exitCode === EXIT.denied) return { organizationIds: [] };
  throw caught;
}
