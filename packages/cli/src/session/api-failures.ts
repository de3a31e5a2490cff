import { EXIT, type ExitCode } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { Refused } from './answers.js';
import type { ApiPlace } from './api-place.js';

/** What an API says of what it refuses. */
interface Said {
  readonly id: string;
  readonly message: string;
  readonly field: string | undefined;
}

/** Says what an API refused, and what to do about it. */
export function failureOfAnswer(place: ApiPlace, { headers, status }: Response, json: unknown): Failure {
  const { url } = place;
  if (status >= 300 && status < 400) {
    const to = headers.get('location') ?? 'nowhere';
    return new Failure(
      EXIT.usage,
      `${url} sends on to ${to}. Give the URL of the API itself: the token is not sent after it.`,
    );
  }
  const said = saidIn(json);
  if (said === undefined) return strange(place, status);
  const { field, id, message } = said;
  if (status === 401) {
    const advice = `Put one that is good for ${url} into ${place.tokenFrom}.`;
    return new Failure(EXIT.denied, `The token is not accepted: it is wrong, or has expired. ${advice}`);
  }
  if (status === 403) return new Failure(EXIT.denied, `${message} ${adviceOnDenied(id)}`);
  if (id === 'LP-HTTP-02') return strange(place, status);
  const exit = EXITS[status];
  if (exit !== undefined) return new Failure(exit.code, `${message} ${exit.advice}`);
  return new Refused(message, { reason: REASONS[id] ?? id, field });
}

/** The ids that commands look at, as the library has them. */
const REASONS: Readonly<Record<string, string>> = {
  'LP-POLICY-01': 'policy-not-found',
  'LP-POLICY-03': 'policy-not-found',
  'LP-ARG-03': 'invalid-argument',
};

const EXITS: Readonly<Record<number, { readonly code: ExitCode; readonly advice: string }>> = {
  408: { code: EXIT.tryAgain, advice: 'Give the same command again in a moment.' },
  429: { code: EXIT.tryAgain, advice: 'Give the same command again in a moment.' },
  500: { code: EXIT.store, advice: 'The log of the server says more.' },
  502: { code: EXIT.tryAgain, advice: 'Give the same command again in a moment.' },
  503: { code: EXIT.tryAgain, advice: 'Give the same command again in a moment.' },
  504: { code: EXIT.tryAgain, advice: 'Give the same command again: what was done is not done twice.' },
};

function adviceOnDenied(id: string): string {
  if (id === 'LP-AUTH-03') return 'Is its id right?';
  return 'Use a token that may do this; one that is for a single organization takes --org, or its id as the word.';
}

function strange({ url }: ApiPlace, status: number): Failure {
  const isServer = status >= 500;
  return new Failure(
    isServer ? EXIT.tryAgain : EXIT.store,
    isServer
      ? `${url} answers ${status}: the server, or a proxy before it, is not well. Give the same command again in a moment.`
      : `${url} answers ${status}, and not as the API of login-policy does. Is the URL right, and the server of this version?`,
  );
}

function saidIn(json: unknown): Said | undefined {
  if (typeof json !== 'object' || json === null || !('message' in json) || !('details' in json)) return undefined;
  const details: unknown = json.details;
  if (!Array.isArray(details)) return undefined;
  const said = details.flatMap((detail: unknown) => (isDetail(detail) ? [detail] : []));
  const [first, ...more] = said;
  if (first === undefined) return undefined;
  return { ...first, field: more.find(({ id }) => id === 'field')?.message };
}

function isDetail(detail: unknown): detail is { readonly id: string; readonly message: string } {
  if (typeof detail !== 'object' || detail === null || !('id' in detail) || !('message' in detail)) return false;
  return typeof detail.id === 'string' && typeof detail.message === 'string';
}

/** Says that a server is not there, or is not who it says. */
export function notReached({ url }: ApiPlace, cause: unknown): Failure {
  if (cause instanceof Error && cause.name === 'TimeoutError')
    return new Failure(EXIT.tryAgain, `${url} did not answer in time. Give the same command again in a moment.`, {
      cause,
    });
  const code = codeIn(cause);
  if (/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO/.test(code)) {
    const advice = 'If it is of your own authority, name that in NODE_EXTRA_CA_CERTS.';
    return new Failure(EXIT.store, `The certificate of ${url} can't be trusted (${code}). ${advice}`, { cause });
  }
  return new Failure(
    EXIT.tryAgain,
    `${url} can't be reached (${code}). Is the address right, and does the server run?`,
    { cause },
  );
}

function codeIn(caught: unknown): string {
  if (!(caught instanceof Error)) return String(caught);
  if ('code' in caught && typeof caught.code === 'string') return caught.code;
  return caught.cause === undefined ? caught.message : codeIn(caught.cause);
}
