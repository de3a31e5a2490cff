import type { Invocation } from '../command-line/command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { changesText, warningsText } from '../output/change-text.js';
import { counted, stillAllowingText } from '../output/counted.js';
import { peopleText } from '../output/people-text.js';
import { paintFor, type Paint } from '../output/paint.js';
import { titleOf } from '../output/policy-text.js';
import { indented } from '../output/table.js';
import type { PolicyCommand, PreviewJson } from '../session/answers.js';
import type { PolicyRef } from '../session/policy-ref.js';
import type { Session } from '../session/session.js';
import { actorAndWarningsOf, isConfirmed } from './change-options.js';

/** A policy, and the command to change it. */
export interface Change {
  readonly ref: PolicyRef;
  readonly command: PolicyCommand;
}

/**
 * Changes one policy: shows a preview, asks for confirmation, and then makes exactly the previewed change, or is
 * refused.
 */
export async function changeOne(invocation: Invocation, session: Session, { ref, command }: Change): Promise<ExitCode> {
  const { args, io } = invocation;
  const { instance, policies } = session;
  const by = actorAndWarningsOf(args);
  const preview = await policies.preview(ref, command, { acknowledge: by.acknowledge });
  const isJson = args.flag('json');
  const finish = (json: object, text: string): void => {
    io.out.write(isJson ? `${JSON.stringify({ preview, ...json }, undefined, 2)}\n` : text);
  };
  const title = titleOf(ref === undefined ? instance : { ...instance, organizationId: ref });
  const shown = (paint: Paint): string => `${title}\n${indented(previewText(preview, paint))}`;
  if (!isJson) io.out.write(shown(paintFor(io.out, io)));
  if (preview.events.length === 0) {
    finish({ done: false }, 'Nothing to do.\n');
    return EXIT.done;
  }
  if (args.flag('dry-run')) {
    finish({ done: false }, 'Nothing was done (--dry-run).\n');
    return EXIT.different;
  }
  if (!(await isConfirmed(invocation, 'Do it?', shown))) {
    finish({ done: false }, 'Nothing was done.\n');
    return EXIT.refused;
  }
  const { acknowledge, ...actor } = by;
  const answer = await policies.execute(ref, command, { by: actor, acknowledge, seen: preview.seen });
  finish({ done: true, answer }, `Done: sequence ${answer.details.sequence}.\n`);
  return EXIT.done;
}

/** The preview of a command: its changes, warnings, the affected organizations and users, and who still allows it. */
export function previewText(preview: PreviewJson, paint: Paint): string {
  const { affected, changes, events, people, stillAllowing, warnings } = preview;
  const types = new Set(events.map(({ type }) => type));
  const added = types.has('LoginPolicyAdded') ? `${paint('added', '+ a policy of its own')}\n` : '';
  const removed = types.has('LoginPolicyRemoved')
    ? `${paint('removed', '- its own policy: the default holds again')}\n`
    : '';
  const organizations = affected.count === undefined ? '' : `Reaches ${counted(affected.count, 'organization')}.\n`;
  const affectedUsers = peopleText(people);
  const stillAllowed = stillAllowing === undefined ? '' : `${stillAllowingText(stillAllowing)}\n`;
  return `${added}${removed}${changesText(changes, paint)}${warningsText(warnings, paint)}${paint('quiet', organizations + affectedUsers + stillAllowed)}`;
}
