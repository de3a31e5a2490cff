import type { JSX } from 'preact';
import { conflict } from '../state/conflicts.js';
import { proposal } from '../state/proposals.js';
import { ConflictDialog } from './conflict-dialog.js';
import { PreviewDialog } from './preview-dialog.js';

/** The dialogs of the change that the user is about to make. */
export function ChangeDialogs(): JSX.Element {
  return (
    <>
      {proposal.value !== undefined && <PreviewDialog proposal={proposal.value} />}
      {conflict.value !== undefined && <ConflictDialog conflict={conflict.value} />}
    </>
  );
}
