import { readFile } from 'node:fs/promises';
import { DriverUnusable, parseJson } from '@login-policy/event-sourcing';
import { betterSqlite } from './better-sqlite.js';
import type { Driver } from './driver.js';

const DRIVER = 'better-sqlite3';

/**
 * Loads the driver. What is known to end the process is refused by its version, before its binary is loaded.
 *
 * @throws DriverUnusable when it is missing, does not go with this Node, or can't be loaded.
 */
export async function loadDriver(): Promise<Driver> {
  refuseDeadlyPair(await installedVersion());
  try {
    const { default: Native } = await import('better-sqlite3');
    // Only a first connection loads the binary.
    new Native(':memory:').close();
    return betterSqlite(Native);
  } catch (cause) {
    throw unusable('it could not be loaded', `npm rebuild ${DRIVER}`, cause);
  }
}

/** The version that would be loaded, read without loading it. */
async function installedVersion(): Promise<string> {
  try {
    const manifest = await readFile(new URL(import.meta.resolve(`${DRIVER}/package.json`)), 'utf8');
    return String(new Map(Object.entries(parseJson(manifest) ?? {})).get('version'));
  } catch (cause) {
    throw unusable('it is not installed', install(), cause);
  }
}

/** 12 ends the process of a Node 24.19 or newer in a garbage collection, 13 that of a Node 20 when it is loaded. */
function refuseDeadlyPair(version: string): void {
  const [driver] = numbersIn(version);
  const [major, minor] = numbersIn(process.versions.node);
  const isNewNode = major > 24 || (major === 24 && minor >= 19);
  if ((isNewNode && driver < 13) || (major < 22 && driver >= 13)) {
    throw unusable(`version ${version} ends the process of a Node ${process.versions.node}`, install());
  }
}

function install(): string {
  const [major] = numbersIn(process.versions.node);
  return `npm install ${DRIVER}@${major < 22 ? 12 : 13}`;
}

function numbersIn(version: string): readonly [major: number, minor: number] {
  const [major, minor] = version.split('.').map(Number);
  return [major ?? 0, minor ?? 0];
}

function unusable(problem: string, remedy: string, cause?: unknown): DriverUnusable {
  const why = cause instanceof Error ? `${problem} (${cause.message.split('\n', 1)[0]})` : problem;
  return new DriverUnusable({ driver: DRIVER, problem: why, remedy }, cause);
}
