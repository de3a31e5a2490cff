import { keyOf, type Scope } from '../wire/scope.js';
import type { Intent } from '../wire/command.js';
import { keepForPerson, recallForPerson } from './kept.js';

const NAME = 'reasons 1';

/** The reason the user has begun to write for a change. */
export function reasonFor(scope: Scope, intent: Intent): string {
  const reason = all()[nameOf(scope, intent)];
  return typeof reason === 'string' ? reason : '';
}

/** Stores the reason written so far. It is empty once the change is made. */
export function keepReason(scope: Scope, intent: Intent, reason: string): void {
  const { [nameOf(scope, intent)]: _, ...others } = all();
  keepForPerson(NAME, reason === '' ? others : { ...others, [nameOf(scope, intent)]: reason });
}

function all(): Readonly<Record<string, unknown>> {
  const kept = recallForPerson(NAME);
  return typeof kept === 'object' && kept !== null ? { ...kept } : {};
}

/** The key of a reason. It does not depend on which settings change, because the user may edit more of them. */
function nameOf(scope: Scope, intent: Intent): string {
  return `${keyOf(scope)} ${JSON.stringify(intent.wish === 'change-settings' ? intent.wish : intent)}`;
}
