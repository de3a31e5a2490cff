import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';

/** A server for tests that hurt nobody: the one at `EVENTSTOREDB_URL` if there is one, else a double. */
export interface TestServer {
  readonly name: string;
  readonly url: string;
  /** Lets it say nothing any more, until what this answers with is called; `undefined` for a real server. */
  readonly freeze: (() => Promise<() => Promise<void>>) | undefined;
  stop(): Promise<void>;
}

/** Where the real server is, if these tests are to run against one. */
export const realServerUrl: string | undefined = process.env['EVENTSTOREDB_URL'];

/** Starts a server for one test, or one file of them. */
export async function startServer(): Promise<TestServer> {
  if (realServerUrl !== undefined)
    return { name: 'a real server', url: realServerUrl, freeze: undefined, stop: async () => undefined };
  const double = await Double.startBehindWire();
  // Of these tests none is about it, and on a busy machine it may take long until all of an append has come.
  double.mode.writeTimeoutMs = 60_000;
  const freeze = async (): Promise<() => Promise<void>> => {
    double.wire.stall();
    return async () => double.wire.resume();
  };
  return { name: 'the double', url: double.url, freeze, stop: () => double.stop() };
}

/**
 * A part of the server that nobody else has ever used. A store with a prefix sees nothing outside it and calls its own
 * last event the head, so to the store it is an empty server: this is how a contract that expects empty storage runs
 * against a server full of others' events.
 */
export function unusedPrefix(): string {
  return `test${randomUUID().replaceAll('-', '')}.`;
}

/** Ends a client of a test. After a subscription that was left, its own `dispose` may wait forever. */
export async function disposeOf(client: { dispose(): Promise<void> }): Promise<void> {
  await Promise.race([client.dispose(), sleep(200)]);
}
