import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { readTextFile } from '../files/read-file.js';
import { withoutPassword } from '../store/store-url.js';

/** The options to name the API of a server. */
export const API_OPTIONS: OptionSpecs = {
  api: {
    placeholder: 'URL',
    description: 'The API of a server, instead of a store: https://iam.example.',
    variable: 'LOGIN_POLICY_API',
  },
  'token-file': {
    placeholder: 'FILE',
    description:
      'A file with the token for the API, readable only by you. Default: the token in the environment variable LOGIN_POLICY_TOKEN.',
  },
};

/** The API of a server, and the token for it. */
export interface ApiAddress {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Where the token was read from, for error messages. */
  readonly tokenSource: string;
}

/** The API named on the command line; `undefined` if it names a store. @throws Failure */
export async function apiAddressOf(args: ParsedArguments, io: Io): Promise<ApiAddress | undefined> {
  const url = args.value('api');
  const names = ['store', 'store-file'].filter((name) => args.isOnCommandLine(name));
  if (url === undefined || (!args.isOnCommandLine('api') && names.length > 0)) return refuseTokenWithoutApi(args);
  if (args.isOnCommandLine('api') && names.length > 0)
    throw new Failure(EXIT.usage, `Give --api or --${names[0]}, not both.`);
  if (!args.isOnCommandLine('api') && args.fromEnvironment('store') !== undefined)
    throw new Failure(EXIT.usage, 'LOGIN_POLICY_STORE and LOGIN_POLICY_API are both set. Use --store or --api.');
  if (args.hasOption('actor') && args.isOnCommandLine('actor'))
    throw new Failure(EXIT.usage, 'Over the API the actor is always the token’s user: remove --actor.');
  return { url: parseApiUrl(url), ...(await tokenOf(args, io)) };
}

function refuseTokenWithoutApi(args: ParsedArguments): undefined {
  if (args.isOnCommandLine('token-file')) throw new Failure(EXIT.usage, '--token-file is for an API. Add --api URL.');
}

/** Parses the URL of an API. @throws Failure when a token could be intercepted. */
export function parseApiUrl(text: string): string {
  const url = urlOf(text);
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '')
    throw new Failure(
      EXIT.usage,
      `--api must be the URL of a server, such as https://iam.example, not ${JSON.stringify(withoutPassword(text))}.`,
    );
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new Failure(
      EXIT.usage,
      '--api must be a URL without a password, ? and #. Put the token into --token-file FILE.',
    );
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    const advice =
      'Use https, or a tunnel to this machine (ssh -L 8080:localhost:8080 HOST, and --api http://localhost:8080).';
    throw new Failure(EXIT.usage, `Over http://${url.host} the token could be intercepted. ${advice}`);
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

async function tokenOf(args: ParsedArguments, io: Io): Promise<Pick<ApiAddress, 'token' | 'tokenSource'>> {
  const file = args.value('token-file');
  const tokenSource = file === undefined ? 'LOGIN_POLICY_TOKEN' : `the file ${file}`;
  const text = file === undefined ? (io.env['LOGIN_POLICY_TOKEN'] ?? '') : await readTextFile(file, io);
  const token = text.trim();
  if (token === '' && file === undefined)
    throw new Failure(EXIT.usage, 'The API needs a token: use --token-file FILE, or set LOGIN_POLICY_TOKEN.');
  if (/^[\x21-\x7e]+$/.test(token)) return { token, tokenSource };
  throw new Failure(EXIT.data, `Expected one line of visible ASCII as the token in ${tokenSource}.`);
}
