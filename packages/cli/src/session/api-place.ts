import type { OptionSpecs } from '../command-line/command.js';
import type { Given } from '../command-line/given.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { readTextFile } from '../store/store-url.js';

/** How the API of a server is named on a command line. */
export const API_OPTIONS: OptionSpecs = {
  api: {
    value: 'URL',
    is: 'Instead of a store, the API of a server that has one: https://iam.example.',
    variable: 'LOGIN_POLICY_API',
  },
  'token-file': {
    value: 'FILE',
    is: 'The token for the API, in a file that only you may read. Without it, LOGIN_POLICY_TOKEN of the environment holds the token.',
  },
};

/** The API of a server, and the token for it. */
export interface ApiPlace {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** Where the token came from, for those who have to exchange it. */
  readonly tokenFrom: string;
}

/** The API that a command line names; `undefined` where it names a store. @throws Failure */
export function apiPlaceOf(given: Given, io: Io): ApiPlace | undefined {
  const url = given.text('api');
  const names = ['store', 'store-file'].filter((name) => given.isArgument(name));
  if (url === undefined || (!given.isArgument('api') && names.length > 0)) return refuseLoneToken(given);
  if (given.isArgument('api') && names.length > 0)
    throw new Failure(EXIT.usage, `Give --api or --${names[0]}, not both.`);
  if (!given.isArgument('api') && given.fromEnvironment('store') !== undefined)
    throw new Failure(EXIT.usage, 'LOGIN_POLICY_STORE and LOGIN_POLICY_API are both set. Give --store or --api.');
  if (given.knows('actor') && given.isArgument('actor'))
    throw new Failure(EXIT.usage, 'Over the API the history names whose the token is: leave --actor out.');
  return { url: parseApiUrl(url), ...tokenOf(given, io) };
}

function refuseLoneToken(given: Given): undefined {
  if (given.isArgument('token-file')) throw new Failure(EXIT.usage, '--token-file is for an API. Give --api URL, too.');
}

/** Takes the URL of an API. @throws Failure where a token would be readable on its way */
export function parseApiUrl(text: string): string {
  const url = urlOf(text);
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new Failure(
      EXIT.usage,
      `--api takes the URL of a server, such as https://iam.example, not ${JSON.stringify(text)}.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Failure(
      EXIT.usage,
      '--api takes a URL without a password, ? and #. The token goes into --token-file FILE.',
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const advice =
      'Use https, or a tunnel to this machine (ssh -L 8080:localhost:8080 HOST, and --api http://localhost:8080).';
    throw new Failure(EXIT.usage, `Over http://${url.host} everybody on the way could read the token. ${advice}`);
  }
  return url.href.replace(/\/+$/, '');
}

function urlOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function tokenOf(given: Given, io: Io): Pick<ApiPlace, 'token' | 'tokenFrom'> {
  const file = given.text('token-file');
  const tokenFrom = file === undefined ? 'LOGIN_POLICY_TOKEN' : `the file ${file}`;
  const token = (file === undefined ? (io.env['LOGIN_POLICY_TOKEN'] ?? '') : readTextFile(file, io)).trim();
  if (token === '' && file === undefined)
    throw new Failure(EXIT.usage, 'The API needs a token: give --token-file FILE, or set LOGIN_POLICY_TOKEN.');
  if (/^[\x21-\x7e]+$/.test(token)) return { token, tokenFrom };
  throw new Failure(EXIT.data, `A token is one line of visible ASCII, and ${tokenFrom} holds none.`);
}
