import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programOfNpm } from './process.mjs';

const version = '12.21.0';

/** The pnpm that wrote pnpm-lock.yaml, fetched by npx: a global pnpm, if there is one, plays no part. */
export function pnpm() {
  return [...programOfNpm('npx'), '--yes', `pnpm@${version}`];
}

/**
 * The environment of an install: nobody is asked anything, and where Node's own headers stand beside it a native driver
 * is compiled with those, so that without a prebuilt binary at hand nothing further has to be downloaded.
 */
export function installEnvironment() {
  const headers = headersBesideNode();
  return { ...process.env, CI: 'true', ...(headers === undefined ? {} : { npm_config_nodedir: headers }) };
}

function headersBesideNode() {
  if (process.env['npm_config_nodedir'] !== undefined) return undefined;
  const prefix = join(dirname(process.execPath), '..');
  const file = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return undefined;
  const modules = /#define NODE_MODULE_VERSION (\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
  return modules === process.versions.modules ? prefix : undefined;
}
