import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  parseSigner,
  treeHeadFile,
  type GrowingTreeHead,
  type Signer,
  type TreeHead,
  type TreeHeadKeys,
} from '@login-policy/witness';
import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { readTextFile } from '../files/read-file.js';
import type { Io } from '../io.js';

/** The option with the public key of the log. */
export const PUBLIC_KEY: OptionSpecs = {
  'public-key': { placeholder: 'KEY', description: 'The public key of the log, NAME+ID+KEY, from a source you trust.' },
};

/** The value of an option that a command needs. @throws Failure */
export function needed(args: ParsedArguments, name: string, why: string): string {
  const value = args.value(name);
  if (value === undefined) throw new Failure(EXIT.usage, `Give --${name}: ${why}`);
  return value;
}

/** Whose signatures tree heads need. @throws Failure */
export function keysIn(args: ParsedArguments): TreeHeadKeys {
  return { publicKey: needed(args, 'public-key', 'the public key of the log, NAME+ID+KEY.') };
}

/** The key in a file. @throws Failure, which does not show it. */
export async function signerIn(file: string, io: Io): Promise<Signer> {
  const text = await readTextFile(file, io);
  return inFile(file, () => parseSigner(text));
}

/** The tree head in a file, with its edge if that is beside it. @throws Failure */
export async function treeHeadIn(file: string, keys: TreeHeadKeys, io: Io): Promise<TreeHead | GrowingTreeHead> {
  const found = await treeHeadInIfAny(file, keys, io);
  if (found === undefined) throw new Failure(EXIT.noInput, `The file ${file} does not exist.`);
  return found;
}

/** The tree head in a file; `undefined` without a file. @throws Failure */
export async function treeHeadInIfAny(
  file: string,
  keys: TreeHeadKeys,
  io: Io,
): Promise<TreeHead | GrowingTreeHead | undefined> {
  const path = resolve(io.cwd, file);
  if (!existsSync(path)) return undefined;
  return inFile(file, () => treeHeadFile(path).read(keys));
}

/** The hashes of leaves in a file that is written again: one a line, none without a file. */
export async function knownLeaves(file: string, io: Io): Promise<readonly string[]> {
  const path = resolve(io.cwd, file);
  return existsSync(path) ? linesOf(await readFile(path, 'utf8')) : [];
}

/** The hashes of leaves in a file, one a line. @throws Failure */
export async function leavesIn(file: string, io: Io): Promise<readonly string[]> {
  return linesOf(await readTextFile(file, io));
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** What a file holds: what is malformed in it is a failure of the file, and not of the command line. @throws Failure */
export async function inFile<Value>(file: string, parse: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await parse();
  } catch (caught) {
    if (!(caught instanceof RangeError)) throw caught;
    throw new Failure(EXIT.data, `${file}: ${caught.message}`, { cause: caught });
  }
}
