import { policiesText } from '../output/counted.js';
import { titleOf } from '../output/policy-text.js';
import type { Paint } from '../output/paint.js';
import { printable } from '../output/printable.js';
import { indented } from '../output/table.js';
import { previewText } from '../changes/change-one.js';
import type { PolicyRef } from '../session/policy-ref.js';
import type { Session } from '../session/session.js';
import type { Differences } from './plan.js';

/** A plan as text: each policy that differs, who is affected, and the warnings. */
export function differencesText(
  instance: Session['instance'],
  { differences, refusals }: Differences,
  paint: Paint,
): string {
  const title = (ref: PolicyRef): string =>
    paint('strong', titleOf(ref === undefined ? instance : { ...instance, organizationId: ref }));
  const parts = [
    ...differences.map(({ ref, preview }) => `${title(ref)}\n${indented(previewText(preview, paint))}\n`),
    ...refusals.map(({ ref, message }) => `${title(ref)}\n  ${paint('warning', `refused: ${printable(message)}`)}\n\n`),
  ];
  return `${parts.join('')}${totalText(differences.length, refusals.length)}\n`;
}

function totalText(changed: number, refused: number): string {
  if (changed + refused === 0) return 'Nothing to do: all policies match the file.';
  const refusedText = refused === 0 ? '' : ` ${refused} would be refused: change the file before you apply it.`;
  return `${policiesText(changed)} to change.${refusedText}`;
}
