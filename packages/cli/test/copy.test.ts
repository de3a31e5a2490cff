import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import { symlink } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { EXIT } from '@login-policy/cli';
import { orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { writeHistoryIn } from './copying.js';
import { INSTANCE, Place } from './running.js';

let place: Place;

beforeEach(async () => {
  place = await Place.make();
});
afterEach(() => place.remove());

describe('copying a store', () => {
  it('copies events, times, order and all receipts; a second run copies nothing', async () => {
    await writeHistoryIn(place);
    const { code, out } = await place.run('copy sqlite:iam.db sqlite:copy.db');
    expect(code).to.equal(EXIT.done);
    expect(out).to.equal(
      '12 events copied, 0 were already there. The same in both: 12 events, 9 receipts.\nPositions are the same.\n' +
        'Checkpoints of consumers are not copied: start each from its position; otherwise it handles all events again.\n',
    );
    for (const command of ['history --json', 'history globex --json', 'policy --json'])
      expect((await place.run(`${command} --store sqlite:copy.db`)).out).to.equal((await place.run(command)).out);
    const again = await place.run('copy sqlite:iam.db sqlite:copy.db --json');
    expect(JSON.parse(again.out)).to.deep.equal({
      before: 12,
      copied: 0,
      events: 12,
      receipts: 9,
      hasSamePositions: true,
    });
  });

  it('recognizes a repeated command like the source, even one without events', async () => {
    await writeHistoryIn(place);
    await place.run('copy sqlite:iam.db sqlite:copy.db');
    const repeat = (file: string): Promise<unknown> =>
      place.policies(async (policies) => {
        const { isRepeated, details } = orThrow(
          await policies.change(INSTANCE, {}, { actor: 'alice', idempotencyKey: 'without-0-2' }),
        );
        return { isRepeated, sequence: details.sequence };
      }, file);
    const expected = { isRepeated: true, sequence: 5n };
    expect(await Promise.all([repeat('iam.db'), repeat('copy.db')])).to.deep.equal([expected, expected]);
  });

  it('tries again while the target is busy, and names the limit that it hit (T75)', async () => {
    await writeHistoryIn(place);
    for (const name of ['busy.db', 'given-up.db']) await place.run(`migrate --store sqlite:${name}`);
    const locks = ['busy.db', 'given-up.db'].map((name) => new DatabaseSync(place.path(name)));
    for (const lock of locks) lock.exec('BEGIN IMMEDIATE');
    const copying = place.run('copy sqlite:iam.db sqlite:busy.db');
    const givenUp = await place.run('copy sqlite:iam.db sqlite:given-up.db --retry-seconds 0');
    expect(givenUp.code).to.equal(EXIT.tryAgain);
    expect(givenUp.err).to.match(
      /A write failed for 0 s \(--retry-seconds\): .*given-up\.db .*\. Run the command again/,
    );
    for (const lock of locks) lock.close();
    const { code, err, out } = await copying;
    expect(code, err).to.equal(EXIT.done);
    expect(out).to.contain('12 events copied, 0 were already there.');
  });

  it('copies only what is new in the source', async () => {
    await writeHistoryIn(place);
    await place.run('copy sqlite:iam.db sqlite:copy.db');
    await place.run('change forceMfa=yes --yes');
    expect((await place.run('copy sqlite:iam.db sqlite:copy.db')).out).to.contain(
      '1 event copied, 12 were already there.',
    );
  });

  it('refuses a target with other events, and does not change it', async () => {
    await writeHistoryIn(place);
    await place.seed('other.db');
    const { code, err } = await place.run('copy sqlite:iam.db sqlite:other.db');
    expect(code).to.equal(EXIT.refused);
    expect(err).to.match(
      /^The target is not a copy of the source: event \w+ \(revision 0 of instanceLoginPolicy-iam\): its id differs/,
    );
    expect((await place.run('history --store sqlite:other.db --json')).out).to.contain('"lastSequence": "4"');
    await symlink('iam.db', place.path('link.db'));
    for (const name of ['iam.db', './iam.db', 'link.db'])
      expect((await place.run(`copy sqlite:iam.db sqlite:${name}`)).err).to.equal('FROM and TO are the same store.\n');
    expect((await place.run('copy sqlite:nowhere.db sqlite:new.db')).code).to.equal(EXIT.noInput);
  });

  it('is resumed after Ctrl-C', async () => {
    await writeHistoryIn(place, { rounds: 40 });
    const stopping = new AbortController();
    const interrupted = stopping.signal;
    const onErr = (text: string): false | void => text.includes('Copied') && stopping.abort();
    const stopped = await place.run('copy sqlite:iam.db sqlite:copy.db', { isTerminal: true, interrupted, onErr });
    expect([stopped.code, stopped.err.endsWith('Interrupted.\n')]).to.deep.equal([EXIT.interrupted, true]);
    expect((await place.run('copy sqlite:iam.db sqlite:copy.db')).code).to.equal(EXIT.done);
  });
});

/** Copies in a thread that is ended when it has told of so many things; answers whether it came to its end before. */
async function copyKilledAfter(messages: number): Promise<boolean> {
  const argv = ['copy', 'sqlite:iam.db', 'sqlite:copy.db'];
  const thread = new Worker(new URL('copy-process.js', import.meta.url), { workerData: { argv, cwd: place.folder } });
  const ended = once(thread, 'exit');
  let [told, isDone] = [0, false];
  let ending: Promise<number> | undefined;
  thread.on('message', (message: unknown) => {
    if (typeof message === 'object') isDone = true;
    else if (++told === messages) ending = thread.terminate();
  });
  await ended;
  await ending;
  return isDone;
}

describe('a copy that is killed', () => {
  it('fifty times is resumed each time, and equals its source at the end', async () => {
    await writeHistoryIn(place, { rounds: 120 });
    let [kills, ends] = [0, 0];
    while (kills + ends < 50) {
      if (await copyKilledAfter((kills % 5) + 1)) ends++;
      else kills++;
    }
    const { code, out } = await place.run('copy sqlite:iam.db sqlite:copy.db');
    expect(code).to.equal(EXIT.done);
    expect(out).to.match(/The same in both: .+\nPositions are the same\./);
  });
});
