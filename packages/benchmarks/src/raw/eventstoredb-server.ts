import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const DOUBLE = fileURLToPath(new URL('../../../store-eventstoredb/.test-build/server-process.js', import.meta.url));

/** An EventStoreDB, and how to stop it. */
export interface EventStoreDbServer {
  readonly url: string;
  readonly stop: () => void;
}

/** Starts the double in its own process. */
export async function startDouble(): Promise<EventStoreDbServer> {
  const child = spawn(process.execPath, [DOUBLE], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as readonly unknown[];
  return { url: String(line).trim(), stop: () => child.kill() };
}

/** The server at EVENTSTOREDB_URL, otherwise the double. */
export async function eventStoreDbServer(): Promise<EventStoreDbServer> {
  const configured = process.env['EVENTSTOREDB_URL'];
  return configured === undefined ? startDouble() : { url: configured, stop: () => undefined };
}
