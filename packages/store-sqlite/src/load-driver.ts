import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { parseJson } from '@login-policy/event-sourcing';
import { DriverUnusable } from '@login-policy/event-sourcing/store';
import { betterSqlite } from './better-sqlite.js';
import type { Driver } from './driver.js';
import { nodeSqlite } from './node-sqlite.js';

const DRIVER = 'better-sqlite3';
const MAJOR = '12';
const INSTALL = `npm install ${DRIVER}@${MAJOR}`;

/**
 * Node's own SQLite where Node has one (22.13 and newer), else better-sqlite3 12. Another version is refused before its
 * binary is loaded: 13 ends the process of a Node 20.
 *
 * @throws DriverUnusable when the driver is missing, does not go with this Node, or can't be loaded.
 */
export async function loadDriver(): Promise<Driver> {
  if (isBuiltin('node:sqlite')) return nodeSqlite(await import('node:sqlite'));
  const version = await installedVersion();
  if (version.split('.')[0] !== MAJOR) throw unusable(`version ${version} does not go with Node 20`, INSTALL);
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
    throw unusable('it is not installed', INSTALL, cause);
  }
}

function unusable(problem: string, remedy: string, cause?: unknown): DriverUnusable {
  const why = cause instanceof Error ? `${problem} (${cause.message.split('\n', 1)[0]})` : problem;
  return new DriverUnusable({ driver: DRIVER, problem: why, remedy }, cause);
}
