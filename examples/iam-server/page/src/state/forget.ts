import { forgetAnswers } from './answers.js';
import { settle } from './conflicts.js';
import { discardDrafts } from './draft.js';
import { forgetMoment } from './moments.js';
import { forgetOrganizations } from './organizations.js';
import { forgetPolicies } from './policies.js';
import { giveUp } from './proposals.js';
import { forgetTimelines } from './timelines.js';

/** Forgets all that was read and begun: whoever signs in next begins afresh. */
export function forgetWhatWasRead(): void {
  forgetAnswers();
  settle();
  discardDrafts();
  forgetMoment();
  forgetOrganizations();
  forgetPolicies();
  giveUp();
  forgetTimelines();
}
