import { signedIn } from '../state/session.js';

/** Who an actor is to the reader: he himself by his name, everybody else by the id the events carry. */
export function actorName(actor: string): string {
  const session = signedIn();
  return session?.userId === actor ? `${session.userName} (you)` : actor;
}
