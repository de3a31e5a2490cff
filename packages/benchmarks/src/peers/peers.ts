import type * as EmmettSqlite from '@event-driven-io/emmett-sqlite';
import type { PlainCommand, PlainEvent } from '../workload/plain-policy.js';

/** Login policies in the store of another library, by its own means. */
export interface PeerPolicies {
  command(stream: string, command: PlainCommand): Promise<void>;
  /** Appends the first events of a policy. */
  seed(stream: string, events: readonly PlainEvent[]): Promise<void>;
  /** Loads and folds a policy, and answers with how many events it has. */
  load(stream: string): Promise<number>;
  close(): Promise<void>;
}

/** A library that does the same work. */
export interface Peer {
  readonly name: string;
  /** How it carries out a command. */
  readonly how: string;
  /** Opens it on a fresh place. */
  readonly open: () => Promise<PeerPolicies>;
}

/** The peers that need something built before they run. */
export interface Peers {
  readonly emmettSqlite: typeof EmmettSqlite | undefined;
  /** Why it is left out. */
  readonly whyNot: string | undefined;
}

/**
 * Does something with a peer's policies. A peer may print its errors, and throw where nobody can catch it, as a driver
 * does whose statement has no callback: the process goes on in silence, and the work fails with what was thrown.
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
    // One that comes later still belongs to what was done here, and must not end the process either.
    process.off('uncaughtException', fail).on('uncaughtException', passOver);
  }
}

function passOver(caught: unknown): void {
  console.error('after a peer’s turn:', caught);
}
