import { Deadline, type Freshness } from '@login-policy/event-sourcing';
import { parseEach, parseObject } from '../input/invalid-value.js';
import { parseRecordedIdentityProvider } from '../policy/identity-provider.js';
import {
  knownAmong,
  type IdentityProviderDirectory,
  type KnownIdentityProvider,
  type LookedUp,
} from '../policy/identity-provider-directory.js';
import { parseOwner } from '../policy/owner.js';
import { parseFreshness } from './read-input.js';

/** Checked identity providers to look up, and how long to wait. */
interface KnownRead extends LookedUp {
  readonly wait: Freshness;
}

/** Parses a look-up of identity providers. Their ids may be of any form, as recorded ones may. @throws InvalidValue */
export function parseKnownRead(owner: unknown, identityProviders: unknown, options: unknown): KnownRead {
  return {
    owner: parseOwner(owner, 'owner'),
    identityProviders: parseEach(identityProviders, 'identityProviders', parseRecordedIdentityProvider),
    wait: parseFreshness(parseObject(options, 'options', ['signal', 'waitMs'])),
  };
}

/** What the directory knows, in the order asked. @throws Error without a directory; what the directory throws. */
export async function readKnown(
  directory: IdentityProviderDirectory | undefined,
  { wait, ...lookedUp }: KnownRead,
): Promise<readonly KnownIdentityProvider[]> {
  if (directory === undefined)
    throw new Error('openLoginPolicies has no option `identityProviders` to look them up with');
  const known = await Deadline.run('a look-up of identity providers', wait, (deadline) =>
    knownAmong(directory, lookedUp, deadline),
  );
  return lookedUp.identityProviders.flatMap(({ id }) => known.get(id) ?? []);
}
