import { type EventMetadata, type JsonObject, streamId, toJsonObject } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import { demandSame, fail } from '../../demand.js';
import { refusal } from '../refusals.js';
import type { Suite } from '../contract.js';
import { appendOf, FIRST, type EventStoreUnderTest } from './event-store-under-test.js';
import { demandEvents, readAll, readStream } from './reading.js';

const TEXTS = [
  '',
  'emoji 👩‍👩‍👧‍👦 🏳️‍🌈 \u{10FFFF}',
  'right to left: שלום עולם, مرحبا',
  'NUL \u0000 and other controls \u0001 \u001f \u007f \u0085 \u2028 \u2029',
  'combining: e\u0301 is not é, Z\u0351\u036b\u0343a\u0328lgo',
  'quotes " \' ` \\ \\u0041 %s ${x} <script> \r\n\t',
  '\ufeffbyte order mark, \ufffd replacement, \ufdd0 noncharacter',
];

/** Events are stored exactly, to the last character. */
export const payloads: Suite<EventStoreUnderTest> = {
  title: 'the content of an event',
  guarantees: {
    'is returned unchanged, in any language': keepsTexts,
    'is returned unchanged, under any field names': keepsFieldNames,
    'is returned unchanged, with values of every JSON type': keepsTypes,
    'may be a text of 950,000 characters': keepsBigText,
    'may be 900,000 bytes of text outside ASCII': keepsBigUnicode,
    'is returned with its type and schema version': keepsTypeAndVersion,
    'is returned with exactly the given metadata, with and without the optional fields': keepsMetadata,
    'includes only the known fields of its metadata, even of a frozen or inheriting object': keepsKnownMetadata,
    'that no store could return unchanged is refused as unserialisable-data, and nothing is written':
      refusesUnserialisable,
    'is stored under any valid stream name, and an invalid name is refused': keepsStreamNames,
  },
};

async function keepsTexts(subject: EventStoreUnderTest): Promise<void> {
  await demandUnchanged(
    subject,
    TEXTS.map((text) => ({ data: { text, list: [text, { text }] } })),
  );
}

async function keepsFieldNames(subject: EventStoreUnderTest): Promise<void> {
  const names = [...TEXTS, 'constructor', 'toString', 'hasOwnProperty', 'length', '0', '$', '.', 'a.b', 'type', 'data'];
  const data: JsonObject = Object.fromEntries(names.map((name, index) => [name, index]));
  await demandUnchanged(subject, [{ data }, { data: { nested: data } }, { data: {} }]);
}

async function keepsTypes(subject: EventStoreUnderTest): Promise<void> {
  const numbers = [0, -1, 0.1, 1e21, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER, -123456.789e-10];
  const data = { numbers, yes: true, no: false, nothing: null, empty: {}, none: [], deep: [[[{ deeper: [null] }]]] };
  await demandUnchanged(subject, [{ data: toJsonObject(data) }]);
}

async function keepsBigText(subject: EventStoreUnderTest): Promise<void> {
  const text = 'abcdefghi\n'.repeat(95_000);
  await demandUnchanged(subject, [{ data: { text } }]);
}

async function keepsBigUnicode(subject: EventStoreUnderTest): Promise<void> {
  const text = 'ä€🧀'.repeat(100_000);
  await demandUnchanged(subject, [{ data: { text } }]);
}

async function keepsTypeAndVersion(subject: EventStoreUnderTest): Promise<void> {
  await demandUnchanged(subject, [
    { type: 'Counted', schemaVersion: 1 },
    { type: 'Counted', schemaVersion: 7 },
    { type: 'Gezählt.v2/🧀', schemaVersion: 1000 },
    { type: 'Counted\0' },
    { type: 'Counted\0again' },
  ]);
}

async function keepsMetadata(subject: EventStoreUnderTest): Promise<void> {
  const least: EventMetadata = { actor: 'tester', correlationId: 'c-1' };
  const optional = {
    causationId: 'cause',
    idempotencyKey: 'key',
    reason: TEXTS.join(' '),
    actorSalt: 'salt',
    reasonSalt: 'salt',
    commitmentToActor: 'commitment',
    commitmentToReason: 'commitment',
  };
  const namesWithNul = { actor: 'a\0b', correlationId: '\0', causationId: 'c\0', idempotencyKey: '\0k' };
  const each = Object.entries(optional).map(([name, value]) => ({ ...least, [name]: value }));
  const metadata = [
    least,
    ...each,
    { ...least, ...optional },
    namesWithNul,
    { actor: '', correlationId: '', reason: '' },
  ];
  const events = metadata.flatMap((one) => subject.newEvents(1, { metadata: one }));
  const answer = await subject.eventStore.append(appendOf(FIRST, events));
  demandSame({ what: 'metadata', actual: answer.map((event) => event.metadata), expected: metadata });
  const stored = await readAll(subject.eventStore);
  demandSame({ what: 'metadata', actual: stored.map((event) => event.metadata), expected: metadata });
}

/** Metadata whose fields are inherited. */
class Inheriting implements EventMetadata {
  get actor(): string {
    return 'tester';
  }
  get correlationId(): string {
    return 'c-1';
  }
  get reason(): string {
    return 'why';
  }
}

/** Frozen metadata whose `toJSON` or inherited members differ from its fields. */
async function keepsKnownMetadata(subject: EventStoreUnderTest): Promise<void> {
  const fields: EventMetadata = { actor: 'tester', correlationId: 'c-1', reason: 'why' };
  const computed: EventMetadata = Object.defineProperty({ ...fields }, 'reason', {
    enumerable: true,
    get: () => 'why',
  });
  const hostile: readonly EventMetadata[] = [
    Object.assign({ toJSON: () => ({ actor: 7 }) }, fields),
    Object.assign(new Inheriting(), { toJSON: () => null }),
    new Inheriting(),
    computed,
    Object.assign(new Date(0), fields),
    { ...fields, ...{ surplus: 1n } },
  ];
  const events = hostile.flatMap((metadata) => subject.newEvents(1, { metadata: Object.freeze(metadata) }));
  const answer = await subject.eventStore.append(appendOf(FIRST, events));
  const expected = hostile.map(() => fields);
  demandSame({ what: 'metadata', actual: answer.map(({ metadata }) => metadata), expected });
  const stored = await readAll(await subject.another());
  demandSame({ what: 'metadata', actual: stored.map(({ metadata }) => metadata), expected });
}

/** Values that a store could not return unchanged. The whole append is refused with them. */
async function refusesUnserialisable(subject: EventStoreUnderTest): Promise<void> {
  const metadata: EventMetadata = { actor: 'tester', correlationId: 'c-1' };
  const contents: readonly Partial<NewEvent>[] = [
    ...[0, -1, 1.5, Number.NaN, 65_536].map((schemaVersion) => ({ schemaVersion })),
    ...['', '$metadata', '\ud800'].map((type) => ({ type })),
    { data: { text: '\udfff' } },
    { metadata: { ...metadata, actor: '\ud800' } },
    ...['causationId', 'idempotencyKey', 'reason', 'actorSalt'].map((name) => ({
      metadata: { ...metadata, [name]: '\ud800' },
    })),
    ...['actor', 'reason'].map((name) => ({ metadata: frozenWith(metadata, name, 7) })),
    ...[() => 'x', new Date(0), 1n].map((value) => ({ data: frozenWith({}, 'toJSON', value) })),
  ];
  const before = await subject.record(FIRST, 1);
  for (const content of contents) {
    const events = [...subject.newEvents(1), ...subject.newEvents(1, content)];
    await refusal(subject.eventStore.append(appendOf(FIRST, events)), 'unserialisable-data');
  }
  const receipt = { key: '\ud800', fingerprint: 'f' };
  await refusal(
    subject.eventStore.append({ ...appendOf(FIRST, subject.newEvents(1)), receipt }),
    'unserialisable-data',
  );
  demandEvents(await readStream(subject.eventStore, FIRST), before);
}

/** Builds a value that a typed caller can't. */
function frozenWith<Value extends object>(value: Value, name: string, member: unknown): Value {
  const copy = { ...value };
  Reflect.set(copy, name, member);
  return Object.freeze(copy);
}

async function keepsStreamNames(subject: EventStoreUnderTest): Promise<void> {
  const keys = [
    'a',
    'A',
    'a-b',
    'a_b',
    'a%',
    ' a ',
    '/../a',
    "a'; --",
    'é',
    'e\u0301',
    '🧀',
    '-',
    'x'.repeat(1992),
    '$all',
    '\0',
    'a\0',
    'a\0b',
  ];
  for (const key of keys) {
    const answer = await subject.record(streamId('Counter', key), 1, { data: { key } });
    demandSame({ what: `revision in ${key}`, actual: answer[0]?.revision, expected: 0n });
  }
  for (const key of keys) {
    const stream = streamId('Counter', key);
    const stored = await readStream(subject.eventStore, stream);
    const actual = stored.map((event) => [event.streamId, event.data['key']]);
    demandSame({ what: `events of ${key}`, actual, expected: [[stream, key]] });
  }
  // A second handle has no cached names yet.
  const all = await readAll(await subject.another());
  const expected = keys.map((key) => streamId('Counter', key));
  demandSame({ what: 'streams', actual: all.map((event) => event.streamId), expected });
}

async function demandUnchanged(subject: EventStoreUnderTest, contents: readonly Partial<NewEvent>[]): Promise<void> {
  const events = contents.flatMap((content) => subject.newEvents(1, content));
  const answer = await subject.eventStore.append(appendOf(FIRST, events));
  for (const [index, event] of events.entries()) {
    const { type, schemaVersion, data, id } = answer[index] ?? fail(`event ${index} is missing`);
    const { metadata, ...content } = event;
    demandSame({ what: `event ${index}`, actual: { id, type, schemaVersion, data }, expected: content });
    demandSame({ what: 'metadata', actual: answer[index]?.metadata, expected: metadata });
  }
  demandEvents(await readStream(subject.eventStore, FIRST), answer);
  demandEvents(await readAll(await subject.another()), answer);
}
