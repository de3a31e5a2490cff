import { followChanges, type Changed, type Listener } from './changes.js';

/** A message from the tab that follows the server to the others. */
type Told =
  | { readonly what: 'opened' }
  | { readonly what: 'heard' }
  | { readonly what: 'missed' }
  | { readonly what: 'changed'; readonly change: Changed }
  | { readonly what: 'broke'; readonly state: 'trying-again' | 'over' };

type Message = Told | { readonly what: 'asked' };

const NAME = 'login-policy-changes';

/**
 * Follows changes. Returns a function that stops this. Only one tab of a browser follows the server and forwards
 * messages to the others, because a browser has six connections per host and each stream would use one. When that tab
 * closes, another takes over.
 */
export function listenToChanges(listener: Listener): () => void {
  // Browsers disable both APIs on pages loaded over plain http from another machine.
  if (!('locks' in navigator)) return followChanges(listener);
  const channel = new BroadcastChannel(NAME);
  const stopped = new AbortController();
  const tab = new Tab(listener, channel);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    tab.hear(data);
  };
  tab.ask();
  navigator.locks
    .request(NAME, { signal: stopped.signal }, () => tab.follow(stopped.signal))
    .catch((caught: unknown) => {
      // A tab that stops while it waits for the lock gets an abort error, which is not a failure.
      if (!stopped.signal.aborted) throw caught;
    });
  return () => {
    stopped.abort();
    channel.close();
  };
}

class Tab {
  readonly #listener: Listener;
  readonly #channel: BroadcastChannel;
  #heard: Told | undefined;
  #isFollowing = false;

  constructor(listener: Listener, channel: BroadcastChannel) {
    this.#listener = listener;
    this.#channel = channel;
  }

  /** Asks whether another tab already follows. */
  ask(): void {
    this.#channel.postMessage({ what: 'asked' } satisfies Message);
  }

  hear(message: Message): void {
    if (message.what !== 'asked') this.#take(message);
    else if (this.#isFollowing && this.#heard?.what === 'opened') this.#channel.postMessage(this.#heard);
  }

  /** Follows the server for all tabs. */
  follow(stopped: AbortSignal): Promise<void> {
    this.#isFollowing = true;
    // Changes between the previous leader and this one were not received.
    if (this.#heard !== undefined) this.#tell({ what: 'broke', state: 'trying-again' });
    const stop = followChanges({
      opened: () => {
        this.#tell({ what: 'opened' });
      },
      changed: (change) => {
        this.#tell({ what: 'changed', change });
      },
      missed: () => {
        this.#tell({ what: 'missed' });
      },
      heard: () => {
        this.#tell({ what: 'heard' });
      },
      broke: (state) => {
        this.#tell({ what: 'broke', state });
      },
    });
    return new Promise((resolve) => {
      stopped.addEventListener('abort', () => {
        stop();
        resolve();
      });
    });
  }

  #tell(told: Told): void {
    this.#channel.postMessage(told);
    this.#take(told);
  }

  #take(told: Told): void {
    if (told.what === 'changed') {
      this.#listener.changed(told.change);
      return;
    }
    if (told.what === 'heard' || told.what === 'missed') {
      this.#listener[told.what]();
      return;
    }
    this.#heard = told;
    if (told.what === 'opened') this.#listener.opened();
    else this.#listener.broke(told.state);
  }
}
