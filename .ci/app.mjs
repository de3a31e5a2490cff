/**
 * Installs the IAM server for production from packed packages into an empty folder, as the Dockerfile does:
 * `node .ci/app.mjs TARBALLS FOLDER`. Our own packages come from the tarballs, all others from npm; no install script is run.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { step } from '../.config/fit-node.mjs';

const [from, to] = process.argv.slice(2).map((path) => resolve(path));
const server = '@login-policy/iam-server';
const packed = Object.fromEntries(
  readdirSync(from).map((file) => {
    const [, name] = /^login-policy-([a-z-]+)-\d.*\.tgz$/.exec(file) ?? [];
    return [`@login-policy/${name}`, `file:${join(from, file)}`];
  }),
);
const { [server]: itself, ...others } = packed;
const manifest = { private: true, dependencies: { [server]: itself }, overrides: others };
mkdirSync(to, { recursive: true });
writeFileSync(join(to, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
const flags = '--omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error';
step('The server can not be installed.', `npm install ${flags}`, { cwd: to });
