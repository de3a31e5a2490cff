import { isolated } from './isolated.js';
import { signedIn } from '../state/session.js';

/** Who an actor is to the reader: they themselves by their name, everybody else by the id the events carry. */
export function actorName(actor: string): string {
  const session = signedIn();
  return session?.userId === actor ? `${session.userName} (you)` : isolated(actor);
}
