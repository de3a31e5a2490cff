import { InvalidValue, parseInstance, policyStream } from '@login-policy/domain/model';
import { hintFor, type Store, type StreamId } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { instancesIn } from '../store/with-store.js';

/** An instance that a command names, and by what. */
export interface NamedInstance {
  readonly instanceId: string;
  /** By `--instance` or its variable. */
  readonly isInOption: boolean;
  /** By a policy file, which may describe a new instance. */
  readonly isInFile: boolean;
  /** Whether the command takes such a file. */
  readonly takesFile: boolean;
}

/**
 * Refuses an instance without events. A mistyped id would be answered as an instance without policies, and the plan of
 * a file would make a new one. A new one is named by the file and by `--instance`, or is the first of its store.
 *
 * @throws Failure
 */
export async function refuseUnknownInstance(
  store: Store,
  { instanceId, isInFile, isInOption, takesFile }: NamedInstance,
): Promise<void> {
  if ((isInFile && isInOption) || (await hasDefault(store, instanceId))) return;
  const known = await instancesIn(store);
  if (known.includes(instanceId) || (takesFile && known.length === 0)) return;
  const hint = hintFor(instanceId, known, 'login-policy status lists those that have.');
  const advice = takesFile ? ' To plan a new instance, name it in the file and by --instance.' : '';
  throw new Failure(EXIT.refused, `Instance ${instanceId} has no policy in this store. ${hint}${advice}`);
}

/** Answered without a look at the whole log. */
async function hasDefault({ eventStore }: Store, instanceId: string): Promise<boolean> {
  for await (const page of eventStore.readStream(streamOf(instanceId), { limit: 1 })) if (page.length > 0) return true;
  return false;
}

function streamOf(instanceId: string): StreamId {
  try {
    return policyStream(parseInstance({ instanceId }, 'instance'));
  } catch (cause) {
    if (!(cause instanceof InvalidValue)) throw cause;
    throw new Failure(EXIT.usage, cause.message, { cause });
  }
}
