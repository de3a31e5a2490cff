import { leavesOpen } from '../wire/failure.js';
import { decideProposal } from '../wire/proposals.js';
import { say } from './notices.js';
import { directoryChanged } from './organizations.js';

const DONE = { approve: 'Approved', reject: 'Rejected', withdraw: 'Withdrawn' } as const;

/** What can be done with a proposal. */
export type Deciding = keyof typeof DONE;

interface Decided {
  readonly id: string;
  /** What it does, as its heading says. */
  readonly title: string;
  readonly reason: string;
  readonly seen?: readonly string[] | undefined;
}

/** Decides a proposal, and says what came of it. The list is read again, because others may have decided it. */
export async function decide(name: Deciding, { id, title, reason, seen }: Decided): Promise<void> {
  try {
    await decideProposal(name, { id, reason, ...(seen !== undefined && { seen }) });
    say('done', `${DONE[name]}: ${title}.`);
  } catch (caught) {
    if (!leavesOpen(caught)) throw caught;
    const lost = `The answer was lost: it is not known whether “${title}” was ${DONE[name].toLowerCase()}.`;
    say('failure', `${lost} The list shows it once the server can be reached.`);
  } finally {
    directoryChanged();
  }
}
