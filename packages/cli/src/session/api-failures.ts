import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { Refused } from './answers.js';
import type { ApiAddress } from './api-address.js';

/** The body of an API refusal. */
interface ErrorBody {
  readonly id: string;
  readonly message: string;
  readonly field: string | undefined;
}

/** The failure for an API refusal, with advice. */
export function failureOfAnswer(address: ApiAddress, { headers, status }: Response, json: unknown): Failure {
  const { url } = address;
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'nowhere';
    return new Failure(
      EXIT.usage,
      `${url} redirects to ${to}. Use the URL of the API itself, because the token is not sent to a redirect target.`,
    );
  }
  const error = errorIn(json);
  if (error === undefined) return unexpectedAnswer(address, status);
  const { field, id, message } = error;
  if (status === 401) {
    const advice = `Put a valid token for ${url} into ${address.tokenSource}.`;
    return new Failure(EXIT.denied, `The token is not accepted: it is wrong, or has expired. ${advice}`);
  }
  if (status === 403) return new Failure(EXIT.denied, `${message} ${adviceOnDenied(id)}`);
  if (id === 'LP-HTTP-02') return unexpectedAnswer(address, status);
  return failureOfStatus(status, message) ?? new Refused(message, { reason: REASONS[id] ?? id, field });
}

/** The failure of a server that has a problem; `undefined` for another status. */
export function failureOfStatus(status: number, message: string): Failure | undefined {
  const exit = EXITS[status];
  return exit && new Failure(exit.code, `${message} ${exit.advice}`);
}

/** The library's reasons for the refusal ids that commands look at. */
const REASONS: Readonly<Record<string, string>> = {
  'LP-POLICY-01': 'policy-not-found',
  'LP-POLICY-03': 'policy-not-found',
  'LP-ARG-01': 'invalid-argument',
  'LP-ARG-02': 'invalid-argument',
  'LP-ARG-03': 'invalid-argument',
  'LP-ARG-04': 'invalid-argument',
  'LP-COND-06': 'changed-since',
  'LP-STORE-05': 'position-unknown',
};

const EXITS: Readonly<Record<number, { readonly code: ExitCode; readonly advice: string }>> = {
  408: { code: EXIT.tryAgain, advice: 'Run the same command again later.' },
  429: { code: EXIT.tryAgain, advice: 'Run the same command again later.' },
  500: { code: EXIT.store, advice: 'See the log of the server.' },
  502: { code: EXIT.tryAgain, advice: 'Run the same command again later.' },
  503: { code: EXIT.tryAgain, advice: 'Run the same command again later.' },
  504: { code: EXIT.tryAgain, advice: 'Run the same command again: nothing is done twice.' },
};

function adviceOnDenied(id: string): string {
  if (id === 'LP-AUTH-03') return 'Check its id.';
  return 'Use a token with the permission. For a token of a single organization, give its id as --org or as the argument.';
}

function unexpectedAnswer({ url }: ApiAddress, status: number): Failure {
  const isServer = status >= 500;
  return new Failure(
    isServer ? EXIT.tryAgain : EXIT.store,
    isServer
      ? `${url} answers ${status}: the server, or a proxy in front of it, has a problem. Run the same command again later.`
      : `${url} answers ${status}, but not like a login-policy API. Check the URL and the version of the server.`,
  );
}

function errorIn(json: unknown): ErrorBody | undefined {
  if (typeof json !== 'object' || json === null || !('message' in json) || !('details' in json)) return undefined;
  const details: unknown = json.details;
  if (!Array.isArray(details)) return undefined;
  const valid = details.flatMap((detail: unknown) => (isDetail(detail) ? [detail] : []));
  const [first, ...more] = valid;
  if (first === undefined) return undefined;
  return { ...first, field: more.find(({ id }) => id === 'field')?.message };
}

function isDetail(detail: unknown): detail is { readonly id: string; readonly message: string } {
  if (typeof detail !== 'object' || detail === null || !('id' in detail) || !('message' in detail)) return false;
  return typeof detail.id === 'string' && typeof detail.message === 'string';
}

/** The failure for an unreachable or untrusted server. */
export function unreachable({ url }: ApiAddress, cause: unknown): Failure {
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return new Failure(EXIT.tryAgain, `${url} did not answer in time. Run the same command again later.`, {
      cause,
    });
  const code = codeIn(cause);
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code)) {
    const advice = 'For a certificate authority of your own, set NODE_EXTRA_CA_CERTS.';
    return new Failure(EXIT.store, `The certificate of ${url} can't be trusted (${code}). ${advice}`, { cause });
  }
  return new Failure(
    EXIT.tryAgain,
    `${url} can't be reached (${code}). Check the address, and that the server is running.`,
    { cause },
  );
}

function codeIn(caught: unknown): string {
  if (!(caught instanceof Error)) return String(caught);
  if ('code' in caught && typeof caught.code === 'string') return caught.code;
  return caught.cause === undefined ? caught.message : codeIn(caught.cause);
}
