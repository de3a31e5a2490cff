import { effect } from '@preact/signals';
import { textOfIntent } from '../wire/intent-text.js';
import { giveUp, proposal } from './proposals.js';
import { choose, chosen } from './route.js';

/** The choice of an address that names the change whose dialog is open. */
export const CHANGE = 'change';

/** Gives the dialog of a change an address as long as it is open. Answers with how to stop that. */
export function addressDialogs(): () => void {
  // What an address named before any dialog was open is opened by its view.
  let named = '';
  return effect(() => {
    const asked = proposal.value;
    const text = asked === undefined ? '' : textOfIntent(asked.intent);
    const inAddress = chosen(CHANGE);
    const isLeft = named !== '' && named === text && inAddress === '';
    const isClosed = named !== '' && text === '' && inAddress === named;
    named = isLeft ? '' : text;
    if (isLeft) giveUp();
    else if (isClosed) choose({ [CHANGE]: '' });
    else if (text !== '' && inAddress !== text) choose({ [CHANGE]: text });
  });
}
