import { isolated } from './isolated.js';
import { signedIn } from '../state/session.js';

/** The display name of an actor: the name of the signed-in user, otherwise the id in the event. */
export function actorName(actor: string): string {
  const session = signedIn();
  return session?.userId === actor ? `${session.userName} (you)` : isolated(actor);
}
