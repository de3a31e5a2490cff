import { type Instant, isFault, revision, type Store, streamId } from '@login-policy/event-sourcing';
import type { Append } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb, type Timeouts } from '@login-policy/store-eventstoredb';
import { paced, settableClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { Double } from './double/double.js';
import { UNAUTHENTICATED, UNAVAILABLE } from './double/status.js';
import { appendOf, faultOf, newEvents } from './events.js';
import { uuidOf } from './uuids.js';

const STREAM = streamId('Counter', 'one');
/** Little patience, for tests that wait until it is over; on a slow machine it is more. */
function short(): Required<Pick<Timeouts, 'appendMs' | 'lookupMs' | 'readMs' | 'retryMs' | 'closeMs'>> {
  return {
    appendMs: paced(100),
    lookupMs: paced(300),
    readMs: paced(100),
    retryMs: paced(300),
    closeMs: paced(200),
  };
}

describe('an append to EventStoreDB', () => {
  let double: Double;
  let store: Store;

  beforeEach(async () => {
    double = await Double.startBehindWire();
    store = connectEventStoreDb(double.url);
  });

  /** Takes the place of the patient store. */
  async function beImpatient(but: Timeouts = {}): Promise<void> {
    await store.close();
    store = connectEventStoreDb(double.url, { timeouts: { ...short(), ...but } });
  }

  afterEach(async () => {
    await store.close();
    await double.stop();
  });

  const append = (part: Partial<Append> = {}): ReturnType<Store['eventStore']['append']> =>
    store.eventStore.append({ ...appendOf(STREAM, 1), ...part });

  it('writes events whose ids are the UUID form of their ULIDs, as JSON with our metadata', async () => {
    const [event] = newEvents(1, { metadata: { actor: 'ann', correlationId: 'c', causationId: 'b', reason: 'why' } });
    if (event === undefined) throw new Error('an event');
    const [recorded] = await append({ events: [event] });
    const [record] = double.log.stream(STREAM);
    expect(record).to.include({ id: uuidOf(event.id), type: 'Counted', isJson: true });
    const metadata: unknown = JSON.parse(Buffer.from(record?.metadata ?? []).toString('utf8'));
    const recordedAt = new Date(recorded?.recordedAt ?? 0).toISOString();
    const expected = {
      actor: 'ann',
      $correlationId: 'c',
      $causationId: 'b',
      reason: 'why',
      schemaVersion: 1,
      recordedAt,
    };
    expect(metadata).to.deep.equal(expected);
  });

  it('refuses what JSON cannot hold before the client sees it', async () => {
    const data = JSON.parse('{"by":1}');
    for (const [value, path] of [
      [1n, '$.by'],
      [undefined, '$.by'],
      [Number.NaN, '$.by'],
      [new Date(), '$.by'],
    ] as const) {
      const fault = await faultOf(append({ events: newEvents(1, { data: { ...data, by: value } }) }));
      expect(fault).to.include({ code: 'unserialisable-data' });
      expect(fault.facts).to.include({ path });
    }
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('refuses types that the server reserves, and names that are not Unicode text', async () => {
    for (const type of ['', '$metadata', '\ud800']) {
      expect((await faultOf(append({ events: newEvents(1, { type }) }))).code).to.equal('unserialisable-data');
    }
    const fault = await faultOf(append({ streamId: streamId('Counter', '\ud800') }));
    expect(fault.code).to.equal('unserialisable-data');
    expect(double.log.records.filter(({ streamName }) => streamName.startsWith('Counter'))).to.have.length(0);
  });

  it('refuses what it could not read again', async () => {
    const metadata = { actor: 'ann', correlationId: 'c' };
    for (const content of [
      { schemaVersion: 1.5 },
      { schemaVersion: Number.NaN },
      { metadata: { ...metadata, ...JSON.parse('{"actor":7}') } },
      { metadata: { ...metadata, ...JSON.parse('{"reason":{}}') } },
    ]) {
      expect((await faultOf(append({ events: newEvents(2, content) }))).code).to.equal('unserialisable-data');
    }
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('sends no message above the limit of the server, whichever part of an event is large', async () => {
    double.mode.maxAppendSize = 268_435_456;
    const huge = 'T'.repeat(17_000_000);
    const metadata = { actor: huge, correlationId: 'c' };
    for (const content of [{ type: huge }, { data: { huge } }, { metadata }]) {
      expect((await faultOf(append({ events: newEvents(1, content) }))).code).to.equal('unserialisable-data');
    }
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('that was acknowledged is never reported as unknown, and is looked up with pauses', async () => {
    await beImpatient({ appendMs: paced(500) });
    await append();
    double.script.plan('read', { after: 0, do: 'end', end: UNAVAILABLE }, { times: 10_000 });
    const fault = await faultOf(append({ events: newEvents(2), expected: revision(0) }));
    expect([fault.code, fault.retryable]).to.deep.equal(['written-unseen', false]);
    expect(double.script.struck).to.be.lessThan(100);
    expect(double.log.stream(STREAM)).to.have.length(3);
  });

  it('that a stalled server did not accept is refused, and not sent later', () =>
    isRefused(paced(500), async () => undefined));

  it('that was not sent when the connection was lost is refused', () =>
    isRefused(paced(3000), async () => {
      await sleep(paced(100));
      double.wire.refuse();
    }));

  async function isRefused(appendMs: number, meanwhile: () => Promise<void>): Promise<void> {
    const streams = Array.from({ length: 40 }, (_, index) => streamId('Counter', `stalled-${index}`));
    await beImpatient({ appendMs });
    for (const stream of streams) await append({ streamId: stream, expected: 'no-stream' });
    double.wire.stall();
    const large = { data: { text: 'x'.repeat(600_000) } };
    const appends = streams.map((stream) => ({
      streamId: stream,
      expected: revision(0n),
      events: newEvents(1, large),
    }));
    // What was on its way when the server stalled may still arrive.
    const [outcomes] = await Promise.all([Promise.allSettled(appends.map((each) => append(each))), meanwhile()]);
    const refused = streams.filter((_, index) => {
      const outcome = outcomes[index];
      return outcome?.status === 'rejected' && isFault(outcome.reason, 'store-unavailable');
    });
    expect(refused.length).to.be.greaterThan(10);
    double.wire.resume();
    await store.close();
    for (const stream of refused) expect(double.log.stream(stream)).to.have.length(1);
  }

  it('refuses more than the limit of the server, and names the limit', async () => {
    const events = newEvents(2, { data: { text: 'x'.repeat(600_000) } });
    const fault = await faultOf(append({ events }));
    expect(fault.code).to.equal('unserialisable-data');
    expect(fault.message).to.contain('1048576 bytes');
    const huge = await faultOf(append({ events: newEvents(1, { data: { text: 'x'.repeat(17_000_000) } }) }));
    expect(huge.code).to.equal('unserialisable-data');
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('that fills several messages arrives as one', async () => {
    double.mode.maxAppendSize = 268_435_456;
    const patient = connectEventStoreDb(double.url);
    const events = newEvents(9, { data: { text: 'x'.repeat(700_000) } });
    const recorded = await patient.eventStore.append({ streamId: STREAM, expected: 'no-stream', events });
    expect(recorded.map((event) => event.revision)).to.deep.equal(events.map((_, index) => BigInt(index)));
    await patient.close();
  });

  it('to a server that cannot be reached is refused: nothing was written', async () => {
    await beImpatient();
    double.wire.refuse();
    const fault = await faultOf(append());
    expect(fault.code).to.equal('store-unavailable');
    double.wire.admit();
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('to a silent server has an unknown outcome, in time', async () => {
    // The first append has to get through, on a busy machine, too.
    await beImpatient({ appendMs: paced(400) });
    await append();
    double.script.plan('batch-append', { do: 'never-answer' }, { times: 100 });
    double.script.plan('read', { after: 0, do: 'stall' }, { times: 100 });
    const begun = performance.now();
    const fault = await faultOf(append({ expected: revision(0) }));
    expect(fault.code).to.equal('outcome-unknown');
    // The default is over 10 seconds; the time-outs here were set at the pace of another moment.
    expect(performance.now() - begun).to.be.lessThan(paced(5000));
    double.script.clear();
    // It was written, once, though it had been sent again and again.
    expect(double.log.stream(STREAM)).to.have.length(2);
    expect((await append())[0]?.revision).to.equal(2n);
  });

  it('with a wrong password is refused at once', async () => {
    double.script.plan('batch-append', { do: 'end', end: UNAUTHENTICATED });
    const fault = await faultOf(append());
    expect(fault.code).to.equal('store-foreign');
    expect(fault.message).to.contain('access was denied');
    expect(double.log.stream(STREAM)).to.have.length(0);
  });

  it('that waits for another on its stream can be given up, and then writes nothing', async () => {
    double.script.plan('batch-append', { do: 'answer-late', ms: 60 });
    const first = append();
    const control = new AbortController();
    const second = faultOf(append({ signal: control.signal }));
    control.abort();
    expect((await second).code).to.equal('deadline-exceeded');
    expect(await first).to.have.length(1);
    expect(double.log.stream(STREAM)).to.have.length(1);
  });

  it('takes the events of another process into account, also their times', async () => {
    const clock = settableClock('2030-01-01T00:00:00.000Z');
    const [early, late] = [connectEventStoreDb(double.url, { clock }), connectEventStoreDb(double.url)];
    await early.eventStore.append(appendOf(STREAM, 1));
    const [latest] = await early.eventStore.append(appendOf(STREAM, 1));
    const [after] = await late.eventStore.append(appendOf(STREAM, 1));
    const recordedAt: Instant | undefined = latest?.recordedAt;
    expect(after?.recordedAt).to.equal(recordedAt);
    const [own] = await early.eventStore.append(appendOf(STREAM, 1));
    expect(own?.revision).to.equal(3n);
    await Promise.all([early.close(), late.close()]);
  });

  it('is store-unavailable and not a conflict while the earlier event cannot be read (Q56)', async () => {
    await beImpatient({ readMs: paced(2000) });
    await append();
    const [first] = double.log.stream(STREAM);
    if (first === undefined) throw new Error('nothing is there');
    // As on a leader that has lost its followers.
    const replicate = double.log.hideFrom();
    double.log.write(STREAM, [{ ...first, id: crypto.randomUUID() }]);
    const expected = revision(0n);
    expect((await faultOf(append({ expected }))).code).to.equal('store-unavailable');
    replicate();
    expect((await faultOf(append({ expected }))).code).to.equal('revision-conflict');
  });
});
