import { onAbort } from '../values/on-abort.js';
import { TIME_UP, within } from '../store/time-out.js';
import type { RecordedEvent } from '../streams/event.js';
import type { ConsumeOptions, Handling } from './consumer.js';

/** The outcome of one handler call. */
export type Handled =
  | { readonly outcome: 'handled' }
  | { readonly outcome: 'failed'; readonly error: unknown }
  | { readonly outcome: 'hung'; readonly error: Error };

/** How long a call may take unless its consumer says otherwise. */
const HANDLE_TIMEOUT_MS = 120_000;
/** How long a handler may go on after its signal has fired. */
export const HANDLER_ENDS_MS = 2000;

/** A handler's arguments, and the signal that ends the wait for it early. */
interface Calling {
  readonly handling: Handling;
  readonly givenUp: AbortSignal;
}

/** Calls a handler and waits until it ends, times out or is given up. Never rejects, whatever the handler throws. */
export async function callHandler(
  { name, handle, handleTimeoutMs = HANDLE_TIMEOUT_MS }: ConsumeOptions,
  events: readonly RecordedEvent[],
  { handling: { signal, ...handling }, givenUp }: Calling,
): Promise<Handled> {
  const control = new AbortController();
  const stopListening = onAbort(signal, () => control.abort());
  const call = async (): Promise<Handled> => {
    try {
      await handle(events, { ...handling, signal: control.signal });
      return { outcome: 'handled' };
    } catch (error) {
      return { outcome: 'failed', error };
    }
  };
  const handled = await within(call(), handleTimeoutMs, givenUp);
  stopListening();
  if (handled !== TIME_UP) return handled;
  control.abort();
  return { outcome: 'hung', error: new Error(`the handler of ${name} took longer than ${handleTimeoutMs} ms`) };
}
