import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Double } from './double/double.js';
import { answersOf, comparable, messagesIn } from './real-servers/answers.js';
import { Asker } from './real-servers/asking.js';
import { readsOfAll, readsOfAppends, readsOfDeleted, reads } from './real-servers/questions-of-readers.js';
import { appends, batches, deletes, repeats, type Questions } from './real-servers/questions.js';

const QUESTIONS: Questions = {
  ...appends,
  ...repeats,
  ...batches,
  ...deletes,
  ...readsOfAppends,
  ...readsOfDeleted,
  ...reads,
  ...readsOfAll,
};

const OTHER_FIELDS = 'asks with a control option, which this client never sends, for messages it has no field for';
const SINGLE_STREAMS = 'subscribes to a single stream, which the store never does and the double can not';

/** Lines of the notes that the double is not asked, and why. */
const NOT_ASKED: Readonly<Record<string, string>> = {
  features: 'lists all services of a server; the double has the one of streams',
  'batch requires-leader': 'is asked in cluster.test.ts, of nodes that lead and others',
  'batch idem corrupted': 'is three calls of 3 s each, in the 8 s a question was given: no answer was waited for',
  'read not-authenticated header bad': 'is asked in opening.test.ts, of a server that has users',
  'link to missing, resolve': 'follows links, which the store never does',
  ...Object.fromEntries(
    ['missing', 'past end', 'all 5', '2', 'back end', 'back from 50'].map((read) => [`read ${read} c1`, OTHER_FIELDS]),
  ),
  'read tb3': OTHER_FIELDS,
  'read tb30': OTHER_FIELDS,
  'sub to missing': SINGLE_STREAMS,
  'sub to a from start': SINGLE_STREAMS,
  'sub from end': SINGLE_STREAMS,
  'sub from rev beyond': SINGLE_STREAMS,
  'sub to tombstoned': SINGLE_STREAMS,
  'sub to soft-deleted-missing': SINGLE_STREAMS,
};

const ASKED_TWICE = 'that server had been asked once before, and its streams but this one have a name of each time';

/** Lines that differ, and why. */
const DIFFERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '23.10.6': {},
  '26.1.0': { 'append to $all': ASKED_TWICE, 'read $all as a stream': ASKED_TWICE },
};

describe('the double of the server', () => {
  /** The questions in the order in which the real server was asked: each finds what those before it left. */
  async function answersAs(version: '23.10.6' | '26.1.0'): Promise<void> {
    const answers = await answersOf(version);
    const double = await Double.start();
    Object.assign(double.mode, { version, writeTimeoutMs: 200 });
    const ask = new Asker(double.port);
    const differing: string[] = [];
    for (const [name, answer] of answers) {
      const question = QUESTIONS[name];
      if (question === undefined) continue;
      const given = comparable(await question(ask, messagesIn(answer)));
      if (name in (DIFFERS[version] ?? {})) differing.push(name);
      else expect(given, name).to.deep.equal(comparable(answer));
    }
    ask.close();
    await double.stop();
    expect(differing).to.deep.equal(Object.keys(DIFFERS[version] ?? {}));
    const left = [...answers.keys()].filter((name) => QUESTIONS[name] === undefined);
    expect(left.toSorted()).to.deep.equal(Object.keys(NOT_ASKED).toSorted());
  }

  it('answers as a real 23.10.6 did', () => answersAs('23.10.6'));

  it('answers as a real 26.1.0 did', () => answersAs('26.1.0'));
});
