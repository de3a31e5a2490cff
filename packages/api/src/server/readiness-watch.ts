import type { ReadinessProbe } from './readiness.js';

type Tell = (isReady: boolean) => void;

interface Watcher {
  readonly tell: Tell;
  told: boolean | undefined;
}

const EVERY_MS = 1000;

/** Tells watchers whether the service is ready: one look a second for all of them, and none while nobody watches. */
export class ReadinessWatch {
  readonly #probe: ReadinessProbe;
  readonly #watchers = new Set<Watcher>();
  #next: NodeJS.Timeout | undefined;

  constructor(probe: ReadinessProbe) {
    this.#probe = probe;
  }

  /** Tells how it is, and from then on each change. Gives back what ends that; after it nothing more is told. */
  watch(tell: Tell): () => void {
    const watcher: Watcher = { tell, told: undefined };
    this.#watchers.add(watcher);
    this.#look();
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** What the probe finds is kept for as long as two looks are apart, so one who comes between them costs none. */
  #look(): void {
    this.#probe.look().then(
      ({ isReady }) => this.#tell(isReady),
      () => this.#tell(false),
    );
  }

  #tell(isReady: boolean): void {
    for (const watcher of this.#watchers) {
      if (watcher.told === isReady) continue;
      watcher.told = isReady;
      watcher.tell(isReady);
    }
    if (this.#watchers.size === 0 || this.#next !== undefined) return;
    this.#next = setTimeout(() => {
      this.#next = undefined;
      if (this.#watchers.size > 0) this.#look();
    }, EVERY_MS).unref();
  }
}
