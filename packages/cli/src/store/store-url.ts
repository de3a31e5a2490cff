import { resolve } from 'node:path';
import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { readTextFile } from '../files/read-file.js';
import type { Io } from '../io.js';

/** A parsed store URL. */
export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string; readonly shown: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly schema: string | undefined; readonly shown: string }
  | {
      readonly kind: 'esdb';
      readonly url: string;
      readonly streamPrefix: string | undefined;
      /** Where its rows are kept. Default: in memory. */
      readonly rows?: RowsAddress;
      readonly shown: string;
    };

/** Where a store without rows has them. */
export type RowsAddress = Exclude<StoreAddress, { kind: 'esdb' }>;

const FORMS = 'sqlite:FILE, postgres://HOST/DATABASE, esdb://HOST:2113 or kurrentdb://HOST:2113';

/** The options to name a store. */
export const STORE_OPTIONS: OptionSpecs = {
  store: {
    placeholder: 'URL',
    description: `The store: ${FORMS}. After a #: a PostgreSQL schema, or an EventStoreDB stream prefix.`,
    variable: 'LOGIN_POLICY_STORE',
  },
  rows: {
    placeholder: 'URL',
    description:
      'For EventStoreDB, where the rows are kept: sqlite:FILE or postgres://HOST/DATABASE, or in memory if absent.',
    variable: 'LOGIN_POLICY_ROWS',
  },
  'store-file': { placeholder: 'FILE', description: 'Reads the URL from a file, so that it can contain a password.' },
};

/** The store named on the command line, and where its rows are. @throws Failure */
export async function storeAddressOf(args: ParsedArguments, io: Io): Promise<StoreAddress> {
  const store = await namedStoreOf(args, io);
  const rows = args.value('rows');
  const isArgument = args.isOnCommandLine('rows');
  if (rows === undefined || (store.kind !== 'esdb' && !isArgument)) return store;
  if (store.kind !== 'esdb')
    throw new Failure(EXIT.usage, '--rows is for EventStoreDB: this store keeps its rows itself.');
  const address = isArgument ? storeUrlOf(rows, io) : parseStoreUrl(rows, 'LOGIN_POLICY_ROWS', io);
  if (address.kind === 'esdb')
    throw new Failure(EXIT.usage, 'EventStoreDB keeps no rows. Name sqlite:FILE or postgres://HOST/DATABASE for them.');
  return { ...store, rows: address };
}

async function namedStoreOf(args: ParsedArguments, io: Io): Promise<StoreAddress> {
  const file = args.value('store-file');
  if (file !== undefined && args.isOnCommandLine('store'))
    throw new Failure(EXIT.usage, 'Give --store or --store-file, not both.');
  if (file !== undefined) return storeUrlIn(file, io);
  const url = args.value('store');
  if (url === undefined) {
    throw new Failure(EXIT.usage, `Expected a store: use --store URL, or set LOGIN_POLICY_STORE: ${FORMS}.`);
  }
  if (!args.isOnCommandLine('store')) return parseStoreUrl(url, 'LOGIN_POLICY_STORE', io);
  return storeUrlOf(url, io);
}

/** Parses the URL of a store in an argument. @throws Failure when it is malformed, or has a password. */
export function storeUrlOf(argument: string, io: Io): StoreAddress {
  refuseSecret(argument);
  return parseStoreUrl(argument, JSON.stringify(withoutPassword(argument)), io);
}

/** Parses the URL of a store in a file. @throws Failure when it is malformed. */
export async function storeUrlIn(file: string, io: Io): Promise<StoreAddress> {
  return parseStoreUrl((await readTextFile(file, io)).trim(), `The file ${file}`, io);
}

/** How a password stands in the URL of a store. */
export const PASSWORD_ADVICE = 'In a password, write %40 for @, %2F for /, %3F for ? and %23 for #.';

/** Messages name the source of the text and never show the text, which may be a secret. */
function parseStoreUrl(text: string, source: string, { cwd }: Pick<Io, 'cwd'>): StoreAddress {
  if (/^sqlite:./.test(text)) {
    const path = text.slice('sqlite:'.length);
    return { kind: 'sqlite', path: path === ':memory:' ? path : resolve(cwd, path), shown: text };
  }
  const [url = '', suffix] = text.split('#');
  const shown = withoutPassword(text);
  // Drivers would take the rest of the password for a schema or a host, and name it in messages.
  if (/#.*@|^(esdb|kurrentdb).*@.*@/.test(text))
    throw new Failure(EXIT.usage, `${source} is a malformed URL. ${PASSWORD_ADVICE}`);
  if (/^postgres(ql)?:\/\/./.test(url)) return { kind: 'postgres', url, schema: suffix, shown };
  if (/^(esdb|kurrentdb)(\+discover)?:\/\/./.test(url)) return { kind: 'esdb', url, streamPrefix: suffix, shown };
  throw new Failure(EXIT.usage, `${source} is not the URL of a store: ${FORMS}.`);
}

/**
 * Refuses a password in an argument, which every user of the machine can read, and which the shell stores. @throws
 * Failure
 */
function refuseSecret(url: string): void {
  if (!hasPassword(url)) return;
  throw new Failure(
    EXIT.usage,
    'Every user of this machine can read a password in an argument. Set LOGIN_POLICY_STORE (of rows LOGIN_POLICY_ROWS), or put the URL into a file that only you can read and use --store-file FILE.',
  );
}

function hasPassword(url: string): boolean {
  return /^[a-z+]+:\/\/[^@?]*:[^?]+@/i.test(url) || /[?&]password=/i.test(url);
}

/** A URL, well-formed or not, as messages may show it. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z+]+:\/\/)?.*@/i, '$1').replace(/(password=)[^&]*/i, '$1…');
}
