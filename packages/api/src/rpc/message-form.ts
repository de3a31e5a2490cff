import { fromBinary, toBinary, toJson, type DescMessage, type Message } from '@bufbuild/protobuf';
import { withEnumNumbers, type UnknownNames } from '../contract/enum-names.js';
import { unreadable } from '../errors/refusals.js';
import { bodyFields, requestOf } from '../rest/read-request.js';

/** What the messages of a call are written in. */
export type MessageForm = 'proto' | 'json';

/** Reads a message. @throws ApiError when it is none of its kind */
export function readMessage(
  desc: DescMessage,
  bytes: Uint8Array,
  { form, unknownNames }: { readonly form: MessageForm; readonly unknownNames: UnknownNames },
): Message {
  if (form === 'json') return requestOf(desc, withEnumNumbers(desc, bodyFields(bytes), unknownNames));
  try {
    return fromBinary(desc, bytes);
  } catch {
    throw unreadable(`The message can't be read as ${desc.typeName}.`);
  }
}

/** Writes a message. */
export function writeMessage(desc: DescMessage, message: Message, form: MessageForm): Uint8Array {
  return form === 'proto' ? toBinary(desc, message) : Buffer.from(JSON.stringify(toJson(desc, message)));
}
