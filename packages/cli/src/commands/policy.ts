import { orThrow, toJson } from '@login-policy/domain';
import { nearestName } from '@login-policy/event-sourcing/options';
import type { Command, Run } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { answer, OUTPUT_OPTIONS } from '../output/answer.js';
import { plain } from '../output/plain.js';
import { policyText } from '../output/policy-text.js';
import { SESSION_OPTIONS, withSession, type Session } from '../store/session.js';
import { MOMENT, parseMoment } from './moment.js';

/** Shows a policy. */
export const policy: Command = {
  name: 'policy',
  section: 'Look',
  summary: 'Shows the default policy, or what holds for an organization.',
  arguments: [
    { name: 'ORGANIZATION', is: 'Whose users meet it. Left out, the default policy is shown.', isOptional: true },
  ],
  options: {
    ...SESSION_OPTIONS,
    'as-of': { value: MOMENT, is: 'Shows it as it was then.' },
    ...OUTPUT_OPTIONS,
  },
  examples: [
    'login-policy policy --store sqlite:iam.db',
    'login-policy policy acme --store sqlite:iam.db --as-of 2026-11-28T12:00:00Z',
  ],
  run: (run) => withSession(run, { purpose: 'look' }, (session) => show(run, session)),
};

async function show(run: Run, session: Session): Promise<ExitCode> {
  const { loginPolicies, instance } = session;
  const asOf = run.given.text('as-of');
  const options = asOf === undefined ? {} : { asOf: parseMoment(asOf, 'as-of') };
  const id = run.given.word('ORGANIZATION');
  const read =
    id === undefined
      ? await loginPolicies.policy(instance, options)
      : await loginPolicies.effectivePolicy(session.organization(id), options);
  const found = orThrow(read);
  const remark = id === undefined || !found.policy.isDefault ? '' : await onDefaultText(id, session);
  answer(
    run,
    () => toJson(found),
    (paint) => `${remark === '' ? '' : `${paint('quiet', remark)}\n`}${policyText(found.policy, paint)}`,
  );
  return EXIT.done;
}

/** The store knows organizations by their custom policies only: a mistyped one looks like one on the default. */
async function onDefaultText(id: string, { loginPolicies, instance }: Session): Promise<string> {
  const { organizations } = orThrow(await loginPolicies.organizationsWithCustomPolicy(instance, { limit: 1000 }));
  const nearest = nearestName(
    id,
    organizations.map(({ organizationId }) => organizationId),
  );
  const meant = nearest === undefined ? '' : ` (${plain(nearest)} has one)`;
  return `Organization ${plain(id)} has no custom policy${meant}: the default holds for it.`;
}
