import { forgetAnswers } from './answers.js';
import { settle } from './conflicts.js';
import { putDraftsAway } from './draft.js';
import { forgetHealth } from './health.js';
import { forgetProviders } from './identity-providers.js';
import { forgetMoment } from './moments.js';
import { forgetOrganizations } from './organizations.js';
import { forgetPolicies } from './policies.js';
import { leaveProposal } from './proposals.js';
import { forgetTimelines } from './timelines.js';
import { forgetUnread } from './unread.js';

/** Clears all data of the signed-in user, and stores their drafts. The next user sees none of it. */
export function forgetWhatWasRead(): void {
  forgetAnswers();
  settle();
  putDraftsAway();
  forgetHealth();
  forgetProviders();
  forgetMoment();
  forgetOrganizations();
  forgetPolicies();
  leaveProposal();
  forgetTimelines();
  forgetUnread();
}
