import { giveProposal, type Asking, type Dates, type ProposalShown, type ToPropose } from '../wire/proposals.js';
import { datesInWords } from '../words/proposal-dates.js';
import { say } from './notices.js';
import { directoryChanged } from './organizations.js';
import { addressOf } from './route.js';

/** Why a change is proposed, when it is to be, and which lock-outs the user accepts. */
export type HowProposed = Pick<ToPropose, 'acknowledged' | 'reason'> & Dates;

/** Proposes a change, or carries it out as an emergency, and says what came of it. @throws Refused */
export async function sendProposal(asking: Asking, given: ToPropose & { readonly title: string }): Promise<void> {
  const { title, ...toPropose } = given;
  if (given.reason === '') throw new Error(`Give a reason: ${READERS[asking]} read it.`);
  tellOutcome(await giveProposal(asking, toPropose), asking, title);
  directoryChanged();
}

const READERS: Readonly<Record<Asking, string>> = {
  propose: 'those who approve the change',
  emergency: 'those who approve it afterwards',
};

function tellOutcome({ stage, problem, ...dates }: ProposalShown, asking: Asking, title: string): void {
  const look = {
    label: 'Show the proposals',
    act: () => {
      location.hash = addressOf({ view: 'proposals', query: { which: 'all' } });
    },
  };
  if (stage === 'failed') say('failure', `${title} was not carried out. ${problem ?? ''}`, look);
  else if (asking === 'emergency') say('done', `Carried out as an emergency: ${title}.`, look);
  else say('done', `Proposed: ${[title, datesInWords(dates)].filter((one) => one !== '').join(' ')}.`, look);
}
