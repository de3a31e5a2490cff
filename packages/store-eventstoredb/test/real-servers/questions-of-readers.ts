import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import { identifierOf } from '../double/messages.js';
import type { Proposed } from './asking.js';
import { nameOf, type Question, type Questions } from './questions.js';

type Options = streams.ReadReq.Options;
type Fill = (options: Options) => void;
/** So many, or for good. */
type Count = number | 'sub';

const FORWARDS = 0;
const BACKWARDS = 1;

function question(...fills: readonly Fill[]): Question {
  const fill = (options: Options): void => {
    for (const each of fills) each(options);
  };
  return (ask, messages) => ask.read(fill, { messages });
}

function ofStream(name: string, from: 'start' | 'end' | number, [direction, count]: [0 | 1, Count]): Fill {
  return (options) => {
    const place = new streams.ReadReq.Options.StreamOptions();
    place.setStreamIdentifier(identifierOf(name));
    if (from === 'start') place.setStart(new shared.Empty());
    else if (from === 'end') place.setEnd(new shared.Empty());
    else place.setRevision(String(from));
    options.setStream(place);
    setCount(options, direction, count);
  };
}

function ofAll(from: 'start' | 'end' | readonly [string, string], [direction, count]: [0 | 1, Count]): Fill {
  return (options) => {
    const place = new streams.ReadReq.Options.AllOptions();
    if (from === 'start') place.setStart(new shared.Empty());
    else if (from === 'end') place.setEnd(new shared.Empty());
    else {
      const position = new streams.ReadReq.Options.Position();
      position.setCommitPosition(from[0]);
      position.setPreparePosition(from[1]);
      place.setPosition(position);
    }
    options.setAll(place);
    setCount(options, direction, count);
  };
}

function setCount(options: Options, direction: 0 | 1, count: Count): void {
  options.setReadDirection(direction);
  if (count === 'sub') options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  else options.setCount(String(count));
}

interface Filter {
  readonly regex?: string;
  readonly prefix?: string;
  /** `undefined`: neither a size nor the server's own. */
  readonly window: number | 'count' | undefined;
  readonly multiplier?: number;
}

function filtered({ regex, prefix, window, multiplier = 1 }: Filter): Fill {
  return (options) => {
    const expression = new streams.ReadReq.Options.FilterOptions.Expression();
    if (regex !== undefined) expression.setRegex(regex);
    if (prefix !== undefined) expression.setPrefixList([prefix]);
    const filter = new streams.ReadReq.Options.FilterOptions();
    if (regex === undefined) filter.setStreamIdentifier(expression);
    else filter.setEventType(expression);
    if (window === 'count') filter.setCount(new shared.Empty());
    else if (window !== undefined) filter.setMax(window);
    filter.setCheckpointintervalmultiplier(multiplier);
    options.setFilter(filter);
  };
}

/** Ten of a stream from its start, as most questions have it. */
const stream = (part: string): Question => question(ofStream(nameOf(part), 'start', [FORWARDS, 10]));

const r = nameOf('r');
const a = nameOf('a');

/** Writes what the next question reads. */
function having(name: string, events: readonly Proposed[], next: Question): Question {
  return async (ask, messages) => {
    await ask.append(name, 'any', events);
    return next(ask, messages);
  };
}

function metadata(content: string): readonly Proposed[] {
  return [{ meta: { type: '$metadata', 'content-type': 'application/json' }, data: content }];
}

/** Of what the appends have written, before anything is deleted. */
export const readsOfAppends: Questions = { 'read te': stream('te'), 'read i': stream('i') };

/** Between and after the deletes. */
export const readsOfDeleted: Questions = {
  'read deleted': stream('d'),
  'read recreated': stream('d'),
  'read meta of it': question(ofStream(`$$${nameOf('d')}`, 'start', [FORWARDS, 10])),
  'read tombstoned': stream('tb'),
  'read back tombstoned': question(ofStream(nameOf('tb'), 'end', [BACKWARDS, 10])),
  'meta of tombstoned': (ask) => ask.append(`$$${nameOf('tb')}`, 'any', metadata('{"$maxCount":1}')),
};

/** Of single streams. */
export const reads: Questions = {
  'read missing c0': having(r, [{}, {}, {}, {}, {}], stream('miss')),
  'read past end c0': question(ofStream(r, 50, [FORWARDS, 10])),
  'read all 5 c0': stream('r'),
  'read 2 c0': question(ofStream(r, 'start', [FORWARDS, 2])),
  'read back end c0': question(ofStream(r, 'end', [BACKWARDS, 2])),
  'read back from 50 c0': question(ofStream(r, 50, [BACKWARDS, 2])),
  'read fwd from end': question(ofStream(r, 'end', [FORWARDS, 10])),
  'read back from start': question(ofStream(r, 'start', [BACKWARDS, 10])),
  'read count 0': question(ofStream(r, 'start', [FORWARDS, 0])),
  'read stream empty name': question(ofStream('', 'start', [FORWARDS, 10])),
  'read $all as a stream': question(ofStream('$all', 'start', [FORWARDS, 10])),
  'read no uuid option': question(ofStream(r, 'start', [FORWARDS, 1]), (options) => options.clearUuidOption()),
  'read no filter option': question(ofStream(r, 'start', [FORWARDS, 1]), (options) => options.clearNoFilter()),
  'read tb3 back': having(`$$${r}`, metadata('{"$tb":3}'), question(ofStream(r, 'end', [BACKWARDS, 10]))),
  'append rev 4 after tb30': having(`$$${r}`, metadata('{"$tb":30}'), (ask) => ask.append(r, 4, [{}])),
  'append no after tb30': (ask) => ask.append(r, 'no', [{}]),
  'append bad meta json': (ask) => ask.append(`$$${r}`, 'any', metadata('{"$maxCount":-1}')),
  'read after bad meta': stream('r'),
};

/** Of everything, and for good. */
export const readsOfAll: Questions = {
  'all fwd invalid position': question(ofAll(['7', '7'], [FORWARDS, 3])),
  'all fwd commit<prepare': question(ofAll(['1', '100'], [FORWARDS, 3])),
  'all fwd huge': question(ofAll(['9223372036854775000', '9223372036854775000'], [FORWARDS, 3])),
  'all fwd from end': question(ofAll('end', [FORWARDS, 3])),
  'all back from start': question(ofAll('start', [BACKWARDS, 3])),
  'sub all from end': question(ofAll('end', [FORWARDS, 'sub'])),
  'sub all from wrong pos': question(ofAll(['7', '7'], [FORWARDS, 'sub'])),
  'sub all from the far future': question(ofAll(['9223372036854775000', '9223372036854775000'], [FORWARDS, 'sub'])),
  'filter regex bad': question(ofAll('start', [FORWARDS, 3]), filtered({ regex: '[', window: 32 })),
  'filter no window': question(ofAll('start', [FORWARDS, 3]), filtered({ regex: 'zzz', window: undefined })),
  'filter window 0': question(ofAll('start', [FORWARDS, 3]), filtered({ regex: 'zzz', window: 0 })),
  'filter count window': question(ofAll('start', [FORWARDS, 3]), filtered({ prefix: a, window: 'count' })),
  'filter empty expression': question(ofAll('start', [FORWARDS, 1]), filtered({ window: 32 })),
  'filter on a stream': question(ofStream(a, 'start', [FORWARDS, 3]), filtered({ prefix: a, window: 32 })),
  'filtered sub, multiplier 0': question(
    ofAll('end', [FORWARDS, 'sub']),
    filtered({ prefix: a, window: 32, multiplier: 0 }),
  ),
  'filtered sub back': question(ofAll('end', [BACKWARDS, 'sub']), filtered({ prefix: a, window: 32 })),
  'filtered sub from end': question(ofAll('end', [FORWARDS, 'sub']), filtered({ prefix: a, window: 32 })),
  'filtered back': question(ofAll('end', [BACKWARDS, 2]), filtered({ prefix: a, window: 32 })),
};
