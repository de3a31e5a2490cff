import { keyOf, type Scope } from '../wire/scope.js';
import type { Intent } from '../wire/command.js';
import { keepForPerson, recallForPerson } from './kept.js';

const NAME = 'reasons 1';

/** The reason somebody began to write for a change that was not made yet. */
export function reasonFor(scope: Scope, intent: Intent): string {
  const reason = all()[nameOf(scope, intent)];
  return typeof reason === 'string' ? reason : '';
}

/** Keeps what was written so far; nothing once it was recorded. */
export function keepReason(scope: Scope, intent: Intent, reason: string): void {
  const { [nameOf(scope, intent)]: _, ...others } = all();
  keepForPerson(NAME, reason === '' ? others : { ...others, [nameOf(scope, intent)]: reason });
}

function all(): Readonly<Record<string, unknown>> {
  const kept = recallForPerson(NAME);
  return typeof kept === 'object' && kept !== null ? { ...kept } : {};
}

/** The settings that are changed may become more while the reason stays. */
function nameOf(scope: Scope, intent: Intent): string {
  return `${keyOf(scope)} ${JSON.stringify(intent.wish === 'change-settings' ? intent.wish : intent)}`;
}
