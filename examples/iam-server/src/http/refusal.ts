import { isFault } from '@login-policy/event-sourcing';

/** The content of an error answer. */
export interface RefusalContent {
  readonly status: number;
  /** A stable code, for programs. */
  readonly id: string;
  /** A sentence for people. */
  readonly sentence: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Additional members of the body, for programs. */
  readonly besides?: object;
  /** Whether to close the connection, because the rest of the body is not read. */
  readonly isLast?: boolean;
}

/** The type of a detail, as the API's own errors name it. */
const DETAIL_TYPE = 'type.googleapis.com/zitadel.v1.ErrorDetail';

/** The gRPC code of each status in the API's own errors. */
const CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 3,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

/** An error answer of the server's own routes. Its sentence contains nothing internal. */
export class Refusal extends Error {
  readonly content: RefusalContent;

  constructor(content: RefusalContent, cause?: unknown) {
    super(content.sentence, cause === undefined ? undefined : { cause });
    this.content = content;
  }

  /** In the format of the API's errors. */
  get body(): object {
    const { id, sentence, status } = this.content;
    const details = [{ '@type': DETAIL_TYPE, id, message: sentence }];
    return { code: CODES[status], message: `${sentence} (${id})`, details, ...this.content.besides };
  }
}

/** The caller is not signed in. */
export function notSignedIn(): Refusal {
  return new Refusal({ status: 401, id: 'IAM-SESSION-01', sentence: 'Nobody is signed in. Sign in first.' });
}

/** Wrong name or password; the answer does not say which. */
export function wrongPassword(): Refusal {
  return new Refusal({ status: 401, id: 'IAM-SESSION-02', sentence: 'Incorrect username or password.' });
}

/** The login policy changed during the sign-in. */
export function policyChanged(): Refusal {
  const sentence = 'The login policy changed while you signed in. Sign in again.';
  return new Refusal({ status: 401, id: 'IAM-SESSION-11', sentence });
}

/** There were too many wrong attempts. */
export function tooManyTries(waitSeconds: number): Refusal {
  return new Refusal({
    status: 429,
    id: 'IAM-SESSION-03',
    sentence: `There were too many tries to sign in. Try again in ${waitSeconds} s.`,
    headers: { 'retry-after': String(waitSeconds) },
  });
}

/** The password is right, and the policy requires a second factor. */
export function codeNeeded(): Refusal {
  return new Refusal({ status: 401, id: 'IAM-SESSION-04', sentence: 'Enter the code of your authenticator app.' });
}

/** The password is right, and the policy requires a second factor that is not set up yet. */
export function setUpNeeded(setUp: { readonly secret: string; readonly uri: string }): Refusal {
  return new Refusal({
    status: 401,
    id: 'IAM-SESSION-05',
    sentence: 'A second factor is required. Set up an authenticator app with this key, then enter its code.',
    besides: { setUp },
  });
}

/** The code is wrong, or was used before. */
export function wrongCode(): Refusal {
  return new Refusal({ status: 401, id: 'IAM-SESSION-06', sentence: 'Incorrect or used code. Wait for the next one.' });
}

/** The policy accepts nothing that this server can check. */
export function impossibleToSignIn(sentence: string): Refusal {
  return new Refusal({
    status: 403,
    id: 'IAM-SESSION-07',
    sentence: `${sentence} This server checks passwords, authenticator apps and passkeys only.`,
  });
}

/** The policy requires a passkey, which the user has. */
export function passkeyNeeded(): Refusal {
  return new Refusal({ status: 401, id: 'IAM-SESSION-08', sentence: 'Sign in with your passkey.' });
}

/** No user here has this passkey. */
export function wrongPasskey(): Refusal {
  return new Refusal({
    status: 401,
    id: 'IAM-SESSION-09',
    sentence: 'This passkey is not known here, or took too long.',
  });
}

/** The passkey is right, but the policy does not accept passkeys. */
export function passkeyNotAllowed(sentence: string): Refusal {
  return new Refusal({
    status: 403,
    id: 'IAM-SESSION-10',
    sentence: `The login policy does not allow passkeys. ${sentence}`,
  });
}

/** The server was called by an IP address. */
export function passkeysNeedAName(): Refusal {
  return new Refusal({
    status: 400,
    id: 'IAM-PASSKEY-01',
    sentence: 'Passkeys need a host name. Open this page under its name, for example localhost instead of 127.0.0.1.',
  });
}

/** The new passkey is not accepted. */
export function passkeyRefused(): Refusal {
  return new Refusal({
    status: 400,
    id: 'IAM-PASSKEY-02',
    sentence: 'The passkey was not added: it took too long, or there are 10 already. Try again.',
  });
}

/** The session is too old to change the user's sign-in methods. */
export function signInAgain(): Refusal {
  return new Refusal({
    status: 403,
    id: 'IAM-PASSKEY-03',
    sentence: 'Sign out and in again first: only within 10 minutes of signing in can passkeys be added or removed.',
  });
}

/** The user has no such passkey. */
export function noSuchPasskey(): Refusal {
  return new Refusal({ status: 404, id: 'IAM-PASSKEY-04', sentence: 'You have no such passkey.' });
}

/** A page of another site tried to act as the signed-in user. */
export function fromAnotherPage(): Refusal {
  return new Refusal({
    status: 403,
    id: 'IAM-ORIGIN-01',
    sentence: 'With a session cookie, only the page of this server may change something.',
  });
}

/** The caller is known, but may not do this. */
export function notAllowed(permission: string): Refusal {
  return new Refusal({
    status: 403,
    id: 'IAM-ALLOWED-01',
    sentence: `This needs the permission ${permission}, which the caller does not have.`,
  });
}

/** No instance is served under the host. */
export function noInstance(): Refusal {
  return new Refusal({ status: 404, id: 'IAM-INSTANCE-01', sentence: 'No instance is served under this host.' });
}

/** The server is starting and not ready yet. */
export function starting(): Refusal {
  return new Refusal({
    status: 503,
    id: 'IAM-STARTING-01',
    sentence: 'The server is starting. Try again in a moment.',
    headers: { 'retry-after': '1' },
  });
}

/** The body is malformed. */
export function badBody(status: 400 | 413 | 415, sentence: string): Refusal {
  return new Refusal({ status, id: 'IAM-BODY-01', sentence, isLast: status !== 400 });
}

/** The query is malformed. */
export function badQuery(sentence: string): Refusal {
  return new Refusal({ status: 400, id: 'IAM-QUERY-01', sentence });
}

/** Nothing is served under the path. */
export function nothingHere(sentence = 'There is nothing at this path.'): Refusal {
  return new Refusal({ status: 404, id: 'IAM-PATH-01', sentence });
}

/** The path is known, but not with this verb. */
export function wrongVerb(allowed: readonly string[]): Refusal {
  return new Refusal({
    status: 405,
    id: 'IAM-PATH-02',
    sentence: `This path takes ${allowed.join(', ')} only.`,
    headers: { allow: allowed.join(', ') },
  });
}

/** The server has too many open streams. */
export function tooManyStreams(): Refusal {
  return new Refusal({
    status: 503,
    id: 'IAM-CHANGES-01',
    sentence: 'Too many pages follow the changes at the moment. Try again later.',
    headers: { 'retry-after': '30' },
  });
}

/** The store is not available. */
export function storeAway(cause?: unknown): Refusal {
  const sentence = 'The login policies are not available at the moment. Try again later.';
  return new Refusal({ status: 503, id: 'IAM-503', sentence }, cause);
}

/** Converts any thrown error into a refusal. The cause is kept for the operator. */
export function refusalOf(caught: unknown): Refusal {
  if (caught instanceof Refusal) return caught;
  if (isFault(caught) && caught.retryable) return storeAway(caught);
  const sentence = 'Something unexpected went wrong. The operator finds it in the log under the id of this request.';
  return new Refusal({ status: 500, id: 'IAM-500', sentence }, caught);
}
