import { effect } from '@preact/signals';
import { textOfIntent } from '../wire/intent-text.js';
import { giveUp, proposal } from './proposals.js';
import { choose, chosen } from './route.js';

/** The query parameter with the change whose dialog is open. */
export const CHANGE = 'change';

/** Adds the change to the address while its dialog is open. Returns a function that stops this. */
export function addressDialogs(): () => void {
  // A change in the address before any dialog is opened by its view.
  let named = '';
  return effect(() => {
    const asked = proposal.value;
    const text = asked === undefined ? '' : textOfIntent(asked.intent);
    const inAddress = chosen(CHANGE);
    const isLeft = named !== '' && named === text && inAddress !== named;
    const isClosed = named !== '' && text === '' && inAddress === named;
    named = isLeft ? '' : text;
    if (isLeft) giveUp();
    else if (isClosed) choose({ [CHANGE]: '' });
    else if (text !== '' && inAddress !== text) choose({ [CHANGE]: text });
  });
}
