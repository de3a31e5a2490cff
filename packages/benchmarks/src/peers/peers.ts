import type * as EmmettSqlite from '@event-driven-io/emmett-sqlite';
import type { PlainCommand, PlainEvent } from '../workload/plain-policy.js';

/** Login policies in another library's store, by its own means. */
export interface PeerPolicies {
  command(stream: string, command: PlainCommand): Promise<void>;
  /** Appends the first events of a policy. */
  seed(stream: string, events: readonly PlainEvent[]): Promise<void>;
  /** Loads and folds a policy, and returns its number of events. */
  load(stream: string): Promise<number>;
  close(): Promise<void>;
}

/** Another library that does the same work. */
export interface Peer {
  readonly name: string;
  /** How it handles a command. */
  readonly method: string;
  /** Opens it on a new path or address. */
  readonly open: () => Promise<PeerPolicies>;
}

/** The peers that must be built before they run. */
export interface Peers {
  readonly emmettSqlite: typeof EmmettSqlite | undefined;
  /** Why it is left out. */
  readonly whyNot: string | undefined;
}

/**
 * Runs work on a peer's policies. A peer may print errors, or throw uncatchable ones, as a driver does for a statement
 * without a callback. The process goes on silently, and the work fails with that error.
 */
export async function withPeer<Result>(
  { open }: Peer,
  work: (policies: PeerPolicies) => Promise<Result>,
): Promise<Result> {
  const { log } = console;
  console.log = (): void => undefined;
  let fail: (caught: unknown) => void = () => undefined;
  const strayed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  process.off('uncaughtException', passOver).on('uncaughtException', fail);
  try {
    const policies = await open();
    const done = await Promise.race([work(policies), strayed]);
    await policies.close();
    return done;
  } finally {
    console.log = log;
    // A later error still belongs to this work, and must not end the process either.
    process.off('uncaughtException', fail).on('uncaughtException', passOver);
  }
}

function passOver(caught: unknown): void {
  console.error('after a peer’s turn:', caught);
}
