import { join } from 'node:path';
import { z } from 'zod';

/** The configuration from the environment. */
export interface Config {
  /** The policies' store: `memory:`, `sqlite:PATH`, `postgres://…`, `esdb://…` or `kurrentdb://…`. */
  readonly storeUrl: string;
  /** Where the rows are kept of a store that keeps none, EventStoreDB: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly rowsUrl: string;
  /** The accounts' database: `sqlite:PATH` or `postgres://…`. */
  readonly accountsUrl: string;
  /** The folder of what belongs to this process: the secrets of a first start, the receivers of webhooks. */
  readonly dataFolder: string;
  /** The ports to try, in order; 0 is any free port. */
  readonly ports: readonly number[];
  readonly host: string;
  /** The public address, if it differs from the one the server listens on. */
  readonly publicUrl: string | undefined;
  /** The other origins whose pages may call the API, with a token. */
  readonly allowedOrigins: readonly string[];
  /** Whether a proxy in front sets `X-Forwarded-For`. */
  readonly isBehindProxy: boolean;
  /** Whether changes that matter need the approval of another person. */
  readonly needsFourEyes: boolean;
  /** Whether sign-ins are recorded. */
  readonly recordsSignIns: boolean;
  /** The file of a change that is only reported on. */
  readonly reportOnlyFile: string | undefined;
  /** Files of the key and the certificate. */
  readonly tls: { readonly keyFile: string; readonly certFile: string } | undefined;
  /** The folder of the built page, if it is not the one beside the server. */
  readonly pageFolder: string | undefined;
  /** Whether to replace all passwords and tokens. */
  readonly resetsSecrets: boolean;
  /** The instance of an existing store that the first start creates accounts for. */
  readonly adoptedInstance: string | undefined;
  /** The time-outs of starting and ending. */
  readonly startMs: number;
  readonly stopMs: number;
  /** The lowest level that is logged. */
  readonly logLevel: Level;
}

/** How much an event in the log matters. */
export type Level = 'info' | 'warn' | 'error';

/** The variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Why a server could not start, for a supervisor: whether a restart may help. */
export type Remedy = 'mend what is named' | 'start again';

/** The environment lacks something the server needs. The message is one sentence that names the variable. */
export class CannotStart extends Error {
  readonly remedy: Remedy;

  constructor(sentence: string, { remedy = 'mend what is named', cause }: { remedy?: Remedy; cause?: unknown } = {}) {
    super(sentence, { cause });
    this.remedy = remedy;
  }
}

/** SQLite's own `:memory:` would be invisible to a second process, and no real file has this name. */
const KNOWN_STORE = /^(memory:$|sqlite:(?!:memory:).+|postgres(ql)?:\/\/.+|(esdb|kurrentdb)(\+discover)?:\/\/.+)/;
const KNOWN_ACCOUNTS = /^(sqlite:(?!:memory:).+|postgres(ql)?:\/\/.+)/;
const KNOWN_ROWS = /^(memory:$|sqlite:(?!:memory:).+|postgres(ql)?:\/\/.+)/;
const LONGEST_SECONDS = 86_400;

const text = z.string();
const yesOrNo = (fallback: 'no' | 'yes'): z.ZodType<boolean, string | undefined> =>
  text
    .refine((value) => value === 'yes' || value === 'no', 'yes or no')
    .default(fallback)
    .transform((value) => value === 'yes');
const seconds = (fallback: number): z.ZodType<number, string | undefined> =>
  text
    .refine((value) => isWhole(value, LONGEST_SECONDS) && value !== '0', `a whole number of seconds from 1 to 86400`)
    .default(String(fallback))
    .transform((value) => Number(value) * 1000);

/** All variables. Another one that begins with `IAM_` is a misspelling. */
const variables = z.strictObject({
  IAM_STORE: text.regex(KNOWN_STORE).optional(),
  IAM_ROWS: text.regex(KNOWN_ROWS).optional(),
  IAM_ACCOUNTS: text.regex(KNOWN_ACCOUNTS).optional(),
  IAM_DATA: text.default('.data'),
  PORT: text
    .refine((value) => isWhole(value, 65_535), 'a whole number from 0 to 65535')
    .transform((value) => [Number(value)])
    // Default: the first free one of these, otherwise any.
    .default(() => [...Array.from({ length: 20 }, (_, index) => 8080 + index), 0]),
  HOST: text.default('127.0.0.1'),
  IAM_PUBLIC_URL: text.optional().transform(asOrigin('the address of a server, like https://iam.example.com')),
  IAM_ALLOWED_ORIGINS: text
    .default('')
    .transform((list) => list.split(',').map((one) => one.trim()))
    .transform((list) => (list.join('') === '' ? [] : list))
    .pipe(z.array(text.transform(asOrigin('origins with commas between them, like https://app.example.com')))),
  IAM_BEHIND_PROXY: yesOrNo('no'),
  IAM_FOUR_EYES: yesOrNo('no'),
  IAM_SIGN_INS: yesOrNo('yes'),
  IAM_REPORT_ONLY: text.optional(),
  IAM_TLS_KEY: text.optional(),
  IAM_TLS_CERT: text.optional(),
  IAM_PAGE: text.optional(),
  IAM_RESET_SECRETS: yesOrNo('no'),
  IAM_ADOPT_INSTANCE: text.optional(),
  IAM_START_SECONDS: seconds(60),
  // Less than the 10 seconds that Docker waits before it kills.
  IAM_STOP_SECONDS: seconds(9),
  IAM_LOG: text.pipe(z.enum(['info', 'warn', 'error'], 'info, warn or error')).default('info'),
});

/** Reads the environment; an empty variable counts as absent. @throws CannotStart */
export function readConfig(environment: Environment): Config {
  const ours = Object.entries(environment).filter(([name]) => /^(IAM_.*|PORT|HOST)$/.test(name));
  const given = ours.map(([name, value = '']) => [name, value.trim()]).filter(([, value]) => value !== '');
  const parsed = variables.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw sentenceOf(parsed.error.issues[0], environment);
  const { IAM_TLS_KEY, IAM_TLS_CERT, ...read } = parsed.data;
  const storeUrl = read.IAM_STORE ?? `sqlite:${join(read.IAM_DATA, 'login-policy.sqlite')}`;
  return {
    dataFolder: read.IAM_DATA,
    storeUrl,
    rowsUrl: rowsOf(read.IAM_ROWS, { storeUrl, dataFolder: read.IAM_DATA }),
    accountsUrl: accountsOf(read.IAM_ACCOUNTS, { storeUrl, dataFolder: read.IAM_DATA }),
    ports: read.PORT,
    host: read.HOST,
    publicUrl: read.IAM_PUBLIC_URL,
    allowedOrigins: read.IAM_ALLOWED_ORIGINS.filter((origin) => origin !== undefined),
    isBehindProxy: read.IAM_BEHIND_PROXY,
    needsFourEyes: read.IAM_FOUR_EYES,
    recordsSignIns: read.IAM_SIGN_INS,
    reportOnlyFile: reportOnlyOf(read),
    tls: tlsOf(IAM_TLS_KEY, IAM_TLS_CERT),
    pageFolder: read.IAM_PAGE,
    resetsSecrets: read.IAM_RESET_SECRETS,
    adoptedInstance: read.IAM_ADOPT_INSTANCE,
    startMs: read.IAM_START_SECONDS,
    stopMs: read.IAM_STOP_SECONDS,
    logLevel: read.IAM_LOG,
  };
}

/** @throws CannotStart for a store that keeps its rows itself, because a reader would look for them elsewhere. */
function rowsOf(
  named: string | undefined,
  { dataFolder, storeUrl }: { readonly dataFolder: string; readonly storeUrl: string },
): string {
  if (named !== undefined && !/^(esdb|kurrentdb)/.test(storeUrl))
    throw new CannotStart('IAM_ROWS is for EventStoreDB: the store of IAM_STORE keeps its rows itself.');
  return named ?? `sqlite:${join(dataFolder, 'rows.sqlite')}`;
}

/** The accounts are where the policies are, if that is PostgreSQL; otherwise in a file of their own. */
function accountsOf(
  named: string | undefined,
  { dataFolder, storeUrl }: { readonly dataFolder: string; readonly storeUrl: string },
): string {
  if (named === storeUrl && named.startsWith('sqlite:'))
    throw new CannotStart('IAM_ACCOUNTS must name another file than IAM_STORE.');
  return named ?? (storeUrl.startsWith('postgres') ? storeUrl : `sqlite:${join(dataFolder, 'accounts.sqlite')}`);
}

/** The URL without its secrets, for display. A password may contain any character, even one that should be escaped. */
export function withoutSecrets(storeUrl: string): string {
  return storeUrl.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '?…');
}

function sentenceOf(issue: z.core.$ZodIssue | undefined, environment: Environment): CannotStart {
  if (issue?.code === 'unrecognized_keys') {
    const known = Object.keys(variables.shape).filter((name) => name.startsWith('IAM_'));
    return new CannotStart(`${issue.keys.join(', ')} is not a variable of this server. Those are ${known.join(', ')}.`);
  }
  const [name = '', index] = (issue?.path ?? []).map(String);
  // An unknown form is not shown, because its password can't be located.
  if (name === 'IAM_ACCOUNTS') return new CannotStart('IAM_ACCOUNTS must be sqlite:PATH or postgres://….');
  if (name === 'IAM_ROWS') return new CannotStart('IAM_ROWS must be memory:, sqlite:PATH or postgres://….');
  if (name === 'IAM_STORE')
    return new CannotStart('IAM_STORE must be memory:, sqlite:PATH, postgres://…, esdb://… or kurrentdb://….');
  const value = environment[name]?.trim() ?? '';
  const shown = index === undefined ? value : (value.split(',')[Number(index)]?.trim() ?? '');
  return new CannotStart(`${name} must be ${issue?.message ?? 'something else'}, not ${JSON.stringify(shown)}.`);
}

/** The page and the API are at the root of their origin. */
function asOrigin(expected: string): (value: string | undefined, context: z.RefinementCtx) => string | undefined {
  return (value, context) => {
    if (value === undefined) return undefined;
    const url = urlIn(value);
    if (url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  };
}

function urlIn(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

function isWhole(value: string, largest: number): boolean {
  return /^\d{1,6}$/.test(value) && Number(value) <= largest;
}

/** Reporting is a part of recording. */
function reportOnlyOf(read: z.output<typeof variables>): string | undefined {
  if (read.IAM_REPORT_ONLY !== undefined && !read.IAM_SIGN_INS)
    throw new CannotStart('IAM_REPORT_ONLY needs IAM_SIGN_INS=yes.');
  return read.IAM_REPORT_ONLY;
}

function tlsOf(keyFile: string | undefined, certFile: string | undefined): Config['tls'] {
  if (keyFile === undefined && certFile === undefined) return undefined;
  if (keyFile === undefined)
    throw new CannotStart('IAM_TLS_KEY must name the file of the key that IAM_TLS_CERT is for.');
  if (certFile === undefined)
    throw new CannotStart('IAM_TLS_CERT must name the file of the certificate for IAM_TLS_KEY.');
  return { keyFile, certFile };
}
