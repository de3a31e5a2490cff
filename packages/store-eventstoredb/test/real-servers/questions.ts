import type { Asker, Expected, Proposed } from './asking.js';

/** Asks one thing; `messages` is how many the real server sent, after which nobody waits for more. */
export type Question = (ask: Asker, messages: number) => Promise<unknown>;

/** The questions that were put to real servers, in their order, under the names they have in the notes. */
export type Questions = Readonly<Record<string, Question>>;

/** What the streams of all questions are called. */
export const nameOf = (part: string): string => `rdR-${part}`;

const ids = new Map<string | number, string>();

function idOf(key: string | number): string {
  const id = ids.get(key) ?? crypto.randomUUID();
  ids.set(key, id);
  return id;
}

const EVENT: Proposed = {};
const known = (...keys: (string | number)[]): readonly Proposed[] => keys.map((key) => ({ id: idOf(key) }));

function append(part: string | null, expected: Expected, events: readonly Proposed[]): Question {
  const stream = part === null || part === '' || part.startsWith('$') ? part : nameOf(part);
  return (ask) => ask.append(stream, expected, events);
}

function withMeta(meta: Readonly<Record<string, string>>): readonly Proposed[] {
  return [{ meta }];
}

function batch(part: string, expected: Expected, events: readonly Proposed[]): Question {
  return (ask, messages) => ask.batch(part === '' ? '' : nameOf(part), expected, { events, messages });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const IDLE_ID = '00000000-0000-0000-0000-000000000000';

/** Appends one by one. */
export const appends: Questions = {
  'append no_stream': append('a', 'no', [EVENT, EVENT]),
  'append wrong rev': append('a', 9, [EVENT]),
  'append exists missing': append('none', 'exists', [EVENT]),
  'append no stream again': append('a', 'no', [EVENT]),
  'append zero events any': append('zero', 'any', []),
  'append zero events no_stream twice': async (ask) => [
    await ask.append(nameOf('zero2'), 'no', []),
    await ask.append(nameOf('zero2'), 'no', []),
  ],
  'append zero events wrong rev': append('a', 77, []),
  'append zero events right rev': append('a', 1, []),
  'append no expectation set': append('noexp', undefined, [EVENT]),
  'append no stream id': append(null, 'any', [EVENT]),
  'append empty stream id': append('', 'any', [EVENT]),
  'append to $all': append('$all', 'any', [EVENT]),
  'append to $system': append('$sysR', 'any', [EVENT]),
  'append long stream name 2000': append(`l${'x'.repeat(2000)}`, 'any', [EVENT]),
  'append long stream name 70000': append(`l${'x'.repeat(70_000)}`, 'any', [EVENT]),
  'append type empty': append('te', 'any', withMeta({ type: '', ...JSON_TYPE })),
  'append no type': append('te', 'any', withMeta(JSON_TYPE)),
  'append no content-type': append('te', 'any', withMeta({ type: 'x' })),
  'append odd content-type': append('te', 'any', withMeta({ type: 'x', 'content-type': 'text/plain' })),
  'append invalid json as json': append('te', 'any', [{ data: '{nope' }]),
  'append type with space / slash': append('te', 'any', withMeta({ type: 'a b/c', ...JSON_TYPE })),
  'append bad id': append('te', 'any', [{ id: 'nope' }]),
  'append zero id': append('te', 'any', [{ id: IDLE_ID }]),
};

/** The same events once more. */
export const repeats: Questions = {
  'idem 3 events no': append('i', 'no', known(1, 2, 3)),
  'idem same': append('i', 'no', known(1, 2, 3)),
  'idem prefix': append('i', 'no', known(1, 2)),
  'idem prefix+new': append('i', 'no', known(1, 2, 3, 4)),
  'idem middle with rev 0': append('i', 0, known(2, 3)),
  'idem middle any': append('i', 'any', known(2)),
  'idem any mixed old new': append('i', 'any', known(2, 9)),
  'idem any mixed new old': append('i', 'any', known(10, 2)),
  'idem exists same': append('i', 'exists', known(1)),
  'idem reorder any': append('i', 'any', known(3, 1)),
  'idem wrong rev same id': append('i', 1, known(1)),
  'idem other stream same id': append('i2', 'any', known(1)),
  'idem same id twice in one append': append('i3', 'any', known(20, 20)),
  'idem again twice': append('i3', 'any', known(20, 20)),
};

/** Appends in batches. */
export const batches: Questions = {
  'batch no': batch('b', 'no', [EVENT, EVENT]),
  'batch wrong rev': batch('b', 9, [EVENT]),
  'batch exists missing': batch('bn', 'exists', [EVENT]),
  'batch no again': batch('b', 'no', [EVENT]),
  'batch no expectation': batch('bx', undefined, [EVENT]),
  'batch empty': batch('be', 'any', []),
  'batch not final 1s': (ask) => ask.batch(nameOf('bf'), 'any', { events: [EVENT], isFinal: false, messages: 0 }),
  'batch deadline 0': (ask) => ask.batch(nameOf('bd'), 'any', { events: [EVENT], isLate: true, messages: 1 }),
  'batch empty stream': batch('', 'any', [EVENT]),
  'batch bad type': batch('bt', 'any', withMeta(JSON_TYPE)),
  'batch bad id': batch('bt', 'any', [{ id: 'nope' }]),
};

const remove =
  (part: string, expected: Expected): Question =>
  (ask) =>
    ask.delete(part.startsWith('$$') ? `$$${nameOf(part.slice(2))}` : nameOf(part), expected);

const tombstone =
  (part: string, expected: Expected): Question =>
  (ask) =>
    ask.tombstone(part.startsWith('$$') ? `$$${nameOf(part.slice(2))}` : nameOf(part), expected);

/** Does something first that the notes have no line for. */
function after(first: Question, question: Question): Question {
  return async (ask, messages) => {
    await first(ask, 1);
    return question(ask, messages);
  };
}

/** Deletes and what is left behind by them. */
export const deletes: Questions = {
  'delete wrong': after(append('d', 'any', [EVENT, EVENT]), remove('d', 9)),
  'delete no_stream on existing': remove('d', 'no'),
  'delete exists': remove('d', 'exists'),
  'delete again any': remove('d', 'any'),
  'delete again exists': remove('d', 'exists'),
  'delete again rev1': remove('d', 1),
  'append exists after soft delete': append('d', 'exists', [EVENT]),
  'append rev 1 after soft delete': append('d', 1, [EVENT]),
  'delete missing any': remove('dm', 'any'),
  'append to deleted-missing no': append('dm', 'no', [EVENT]),
  'delete missing no_stream': remove('dm2', 'no'),
  'delete missing exists': remove('dm3', 'exists'),
  'delete meta stream': remove('$$a', 'any'),
  'tombstone meta stream': tombstone('$$tm', 'any'),
  'tombstone wrong': after(append('tb', 'any', [EVENT]), tombstone('tb', 9)),
  tombstone: tombstone('tb', 0),
  'tombstone again': tombstone('tb', 'any'),
  'delete tombstoned': remove('tb', 'any'),
  'append plain tombstoned': append('tb', 'any', [EVENT]),
  'batch tombstoned': batch('tb', 'any', [EVENT]),
  'tombstone missing': tombstone('tbm', 'any'),
  'append after tombstone missing': append('tbm', 'no', [EVENT]),
};
