import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { OptionSpecs } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';

/** Where login policies are kept, taken apart. */
export type StorePlace =
  | { readonly kind: 'sqlite'; readonly path: string; readonly shown: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string | undefined; readonly shown: string }
  | { readonly kind: 'esdb'; readonly url: string; readonly streamPrefix: string | undefined; readonly shown: string };

const FORMS = 'sqlite:FILE, postgres://HOST/DATABASE or esdb://HOST:2113';

/** How a store is named on a command line. */
export const STORE_OPTIONS: OptionSpecs = {
  store: {
    value: 'URL',
    is: `Where the policies are kept: ${FORMS}. Behind # a PostgreSQL schema or an EventStoreDB stream prefix.`,
    variable: 'LOGIN_POLICY_STORE',
  },
  'store-file': { value: 'FILE', is: 'Reads that URL from a file, for one with a password.' },
};

/** The store that a command line names. @throws Failure */
export function storePlaceOf(given: Given, io: Io): StorePlace {
  const file = given.text('store-file');
  if (file !== undefined && given.isArgument('store'))
    throw new Failure(EXIT.usage, 'Give --store or --store-file, not both.');
  if (file !== undefined) return parseStoreUrl(readTextFile(file, io).trim(), io);
  const url = given.text('store');
  if (url === undefined) {
    throw new Failure(EXIT.usage, `Which store? Give --store URL, or set LOGIN_POLICY_STORE: ${FORMS}.`);
  }
  if (given.isArgument('store')) refuseSecret(url);
  return parseStoreUrl(url, io);
}

/** Takes the URL of a store. @throws Failure when it is not one. */
export function parseStoreUrl(text: string, { cwd }: Pick<Io, 'cwd'>): StorePlace {
  if (/^sqlite:./.test(text)) {
    const path = text.slice('sqlite:'.length);
    return { kind: 'sqlite', path: path === ':memory:' ? path : resolve(cwd, path), shown: text };
  }
  const [url = '', part] = text.split('#');
  const shown = withoutPassword(text);
  if (/^postgres(ql)?:\/\/./.test(url)) return { kind: 'postgres', url, schema: part, shown };
  if (/^esdb(\+discover)?:\/\/./.test(url)) return { kind: 'esdb', url, streamPrefix: part, shown };
  throw new Failure(EXIT.usage, `${JSON.stringify(shown)} is not the URL of a store: ${FORMS}.`);
}

/** An argument is read by everybody who lists processes, and kept by the shell. @throws Failure */
export function refuseSecret(url: string): void {
  if (!hasPassword(url)) return;
  throw new Failure(
    EXIT.usage,
    'A password in an argument can be read by everybody who lists processes. Set LOGIN_POLICY_STORE, or put the URL into a file that only you may read and give --store-file FILE.',
  );
}

function hasPassword(url: string): boolean {
  return /^[a-z+]+:\/\/[^@/]*:[^@/]+@/.test(url) || /[?&]password=/.test(url);
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//').replace(/([?&]password=)[^&#]*/, '$1…');
}

/** The text of a file that was named. @throws Failure when it can't be read. */
export function readTextFile(file: string, { cwd }: Pick<Io, 'cwd'>): string {
  try {
    return readFileSync(resolve(cwd, file), 'utf8');
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const is = why === 'ENOENT' ? 'is not there' : `can't be read (${why})`;
    throw new Failure(EXIT.noInput, `The file ${file} ${is}.`, { cause });
  }
}
