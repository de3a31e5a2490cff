import { join } from 'node:path';

/** What the server is told from outside. */
export interface Config {
  /** Where policies are kept: `memory:`, `sqlite:PATH`, `postgres://…` or `esdb://…`. */
  readonly storeUrl: string;
  /** Where the server keeps what is its own: accounts, directory, signing key, sessions. */
  readonly dataFolder: string;
  /** The ports that are tried, in this order; 0 is any that is free. */
  readonly ports: readonly number[];
  readonly host: string;
  /** Under which address others reach it, when that is not the one it listens on. */
  readonly publicUrl: string | undefined;
  /** Which other origins' pages may call the API, with a token. */
  readonly allowedOrigins: readonly string[];
  /** Files of the key and the certificate. */
  readonly tls: { readonly keyFile: string; readonly certFile: string } | undefined;
  /** Another folder of the built page than the one beside the server. */
  readonly pageFolder: string | undefined;
  /** Whether all passwords and tokens are made anew. */
  readonly resetsSecrets: boolean;
}

/** The variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Something outside is not as the server needs it; the message is one sentence that says what, and names the variable. */
export class CannotStart extends Error {}

const KNOWN_STORE = /^(memory:$|sqlite:.+|postgres(ql)?:\/\/.+|esdb(\+discover)?:\/\/.+)/;
const FIRST_CHOICE = 8080;
const LAST_CHOICE = 8099;

/** Reads the environment; an empty variable is one that is not there. @throws CannotStart */
export function readConfig(environment: Environment): Config {
  const given = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const dataFolder = given('IAM_DATA') ?? '.data';
  return {
    dataFolder,
    storeUrl: storeUrlIn(given('IAM_STORE') ?? `sqlite:${join(dataFolder, 'login-policy.sqlite')}`),
    ports: portsIn(given('PORT')),
    host: given('HOST') ?? '127.0.0.1',
    publicUrl: publicUrlIn(given('IAM_PUBLIC_URL')),
    allowedOrigins: originsIn(given('IAM_ALLOWED_ORIGINS')),
    tls: tlsIn(given('IAM_TLS_KEY'), given('IAM_TLS_CERT')),
    pageFolder: given('IAM_PAGE'),
    resetsSecrets: isYes('IAM_RESET_SECRETS', given('IAM_RESET_SECRETS')),
  };
}

/** The URL without what is secret in it, to be shown. A password may hold any character, be it that it should be escaped. */
export function withoutSecrets(storeUrl: string): string {
  return storeUrl.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '?…');
}

function storeUrlIn(value: string): string {
  if (KNOWN_STORE.test(value)) return value;
  // What is of no known form is not shown: where the password is in it, nobody can say.
  throw new CannotStart('IAM_STORE must be memory:, sqlite:PATH, postgres://… or esdb://….');
}

function portsIn(value: string | undefined): readonly number[] {
  if (value === undefined) {
    const choices = Array.from({ length: LAST_CHOICE - FIRST_CHOICE + 1 }, (_, index) => FIRST_CHOICE + index);
    return [...choices, 0];
  }
  if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return [Number(value)];
  throw mustBe('PORT', 'a whole number from 0 to 65535', value);
}

function publicUrlIn(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const origin = originIn(value);
  if (origin !== undefined) return origin;
  throw mustBe('IAM_PUBLIC_URL', 'the address of a server, like https://iam.example.com', value);
}

function originsIn(value: string | undefined): readonly string[] {
  return (value?.split(',') ?? []).map((one) => {
    const origin = originIn(one.trim());
    if (origin !== undefined) return origin;
    throw mustBe('IAM_ALLOWED_ORIGINS', 'origins with commas between them, like https://app.example.com', one.trim());
  });
}

/** The page and the API stand at the root of their origin. */
function originIn(value: string): string | undefined {
  const url = urlIn(value);
  return url !== undefined && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/` ? url.origin : undefined;
}

function urlIn(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}

function tlsIn(keyFile: string | undefined, certFile: string | undefined): Config['tls'] {
  if (keyFile === undefined && certFile === undefined) return undefined;
  if (keyFile === undefined)
    throw new CannotStart('IAM_TLS_KEY must name the file of the key that IAM_TLS_CERT is for.');
  if (certFile === undefined)
    throw new CannotStart('IAM_TLS_CERT must name the file of the certificate for IAM_TLS_KEY.');
  return { keyFile, certFile };
}

function isYes(name: string, value: string | undefined): boolean {
  if (value === undefined || value === 'no') return false;
  if (value === 'yes') return true;
  throw mustBe(name, 'yes or no', value);
}

function mustBe(name: string, expected: string, value: string): CannotStart {
  return new CannotStart(`${name} must be ${expected}, not ${JSON.stringify(value)}.`);
}
