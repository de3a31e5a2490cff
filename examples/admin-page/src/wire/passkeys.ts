import { listOf, objectOf, optionalText, textOf, UnexpectedAnswer, type JsonObject } from './json.js';
import { send } from './request.js';

/** A passkey of the signed-in user. */
export interface Passkey {
  readonly id: string;
  readonly addedAt: string;
  readonly lastUsedAt: string | undefined;
}

const PATH = '/iam/v1/passkeys';

/** Whether this browser supports passkeys. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && 'parseRequestOptionsFromJSON' in PublicKeyCredential;
}

/** The passkeys of the signed-in user, oldest first. */
export async function readPasskeys(): Promise<readonly Passkey[]> {
  const answer = objectOf(await send({ verb: 'GET', path: PATH }), 'the passkeys');
  return listOf(answer['passkeys'], 'passkeys', (one) => {
    const passkey = objectOf(one, 'a passkey');
    return {
      id: textOf(passkey['id'], 'id'),
      addedAt: textOf(passkey['addedAt'], 'addedAt'),
      lastUsedAt: optionalText(passkey['lastUsedAt'], 'lastUsedAt'),
    };
  });
}

/** Creates a passkey in the browser, and registers it at the server. @throws Refused, or an error with a sentence */
export async function addPasskey(): Promise<void> {
  const asked = objectOf(await send({ verb: 'POST', path: `${PATH}/options` }), 'the options');
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(creationOptions(asked));
  const made = await chosen(navigator.credentials.create({ publicKey }));
  await send({ verb: 'POST', path: PATH, body: made });
}

/** Removes a passkey: it can't be used to sign in any more. */
export async function removePasskey(id: string): Promise<void> {
  await send({ verb: 'POST', path: `${PATH}/removal`, body: { id } });
}

/** Lets the browser prove a passkey, with the options of the server. @throws Refused, or an error with a sentence */
export async function shownPasskey(path: string): Promise<object> {
  const asked = objectOf(await send({ verb: 'POST', path }), 'the options');
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({
    challenge: textOf(asked['challenge'], 'challenge'),
    rpId: textOf(asked['rpId'], 'rpId'),
    timeout: numberOf(asked['timeout'], 'timeout'),
    userVerification: 'required',
  });
  return chosen(navigator.credentials.get({ publicKey }));
}

function creationOptions(asked: JsonObject): PublicKeyCredentialCreationOptionsJSON {
  const rp = objectOf(asked['rp'], 'rp');
  const user = objectOf(asked['user'], 'user');
  return {
    challenge: textOf(asked['challenge'], 'challenge'),
    timeout: numberOf(asked['timeout'], 'timeout'),
    attestation: 'none',
    rp: { id: textOf(rp['id'], 'id'), name: textOf(rp['name'], 'name') },
    user: {
      id: textOf(user['id'], 'id'),
      name: textOf(user['name'], 'name'),
      displayName: textOf(user['name'], 'name'),
    },
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    pubKeyCredParams: [...listOf(asked['pubKeyCredParams'], 'pubKeyCredParams', keyKind)],
    excludeCredentials: [...listOf(asked['excludeCredentials'], 'excludeCredentials', hadAlready)],
  };
}

function keyKind(value: unknown): PublicKeyCredentialParameters {
  return { type: 'public-key', alg: numberOf(objectOf(value, 'a kind of key')['alg'], 'alg') };
}

function hadAlready(value: unknown): PublicKeyCredentialDescriptorJSON {
  return { type: 'public-key', id: textOf(objectOf(value, 'a passkey')['id'], 'id') };
}

/**
 * The user's choice in the browser's dialog. The browser's own errors are not meant for users, so they are replaced.
 */
async function chosen(dialog: Promise<Credential | null>): Promise<object> {
  try {
    const found = await dialog;
    if (found instanceof PublicKeyCredential) return found.toJSON();
  } catch (caught) {
    const name = caught instanceof DOMException ? caught.name : '';
    if (name === 'InvalidStateError') throw new Error('You have a passkey on this device already.', { cause: caught });
    if (name !== 'NotAllowedError') throw caught;
  }
  throw new Error('No passkey was chosen.');
}

function numberOf(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  throw new UnexpectedAnswer(`${what} is not a number`);
}
