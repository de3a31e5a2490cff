import { type EventStore, Fault, openMemoryStore, streamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore } from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as otherWork } from 'node:timers/promises';
import { newEvent } from './events.js';
import { codeOf, faultOf, toldRunner, type ToldRunner } from './followed.js';
import { tallies } from './tally.js';
import { watchedReadModels, type AskedOfRows } from './watched-read-models.js';

const STREAMS = Array.from({ length: 100 }, (_, index) => streamId('tally', `${index}`));
/** More than 10,000 events, which come to all streams in turn. */
const ROUNDS = 101;

describe('missing rows of many events', () => {
  it('are each written about once', async () => {
    const { runner, model, asked } = await runnerBefore();
    await runner.catchUp();
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
    const written = [...asked.slices, ...asked.switches, ...asked.commits].flat();
    expect(written).to.have.lengthOf.within(STREAMS.length, 2 * STREAMS.length);
  });

  it('are computed once for all waiting callers', async () => {
    const { runner, asked } = await runnerBefore();
    await Promise.all([runner.catchUp(), runner.catchUp(), runner.catchUp()]);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('are computed even if another rebuild supersedes this one and then disappears', async () => {
    const { runner, model } = await runnerBefore({ isSuperseded: true });
    await runner.catchUp();
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });

  it('are computed up to the event that cannot be reduced', async () => {
    const { runner, model } = await runnerBefore({ unlucky: 90 });
    const fault = await faultOf(runner.catchUp());
    expect(fault).to.include({ code: 'projection-stopped' });
    expect([await rowUnder(model, 'tally-0'), await rowUnder(model, 'tally-99')]).to.deep.equal([89, 89]);
  });

  it('are computed for a waiting caller, even if the caller that began the build gives up', async () => {
    const { runner, model } = await runnerBefore();
    const leaving = new AbortController();
    const [left, staying] = [runner.catchUp(leaving.signal), runner.catchUp()];
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    await staying;
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });

  it('are awaited until the signal of the waiting caller fires, whichever caller began the build', async () => {
    const { runner, model } = await runnerBefore();
    const leaving = new AbortController();
    const [staying, left] = [runner.catchUp(), runner.catchUp(leaving.signal)];
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    expect(await model.checkpoint(), 'so early').to.equal(undefined);
    await staying;
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });

  it('do not replace a rebuild that was requested meanwhile, and are not replaced by it', async () => {
    const { runner, model } = await runnerBefore();
    const [, rebuilt] = await Promise.all([runner.catchUp(), runner.rebuild()]);
    const [rebuiltFirst] = await Promise.all([runner.rebuild(), runner.catchUp()]);
    expect([rebuilt, rebuiltFirst]).to.deep.equal(Array(2).fill(await model.checkpoint()));
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });

  it('are not computed again after an earlier rebuild', async () => {
    const { runner, asked } = await runnerBefore();
    await Promise.all([runner.rebuild(), runner.catchUp()]);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('do not delay a caller that gives up its rebuild', async () => {
    const { runner, model } = await runnerBefore();
    const leaving = new AbortController();
    const [building, left] = [runner.rebuild(), faultOf(runner.rebuild(leaving.signal))];
    leaving.abort();
    expect(await left).to.include({ code: 'deadline-exceeded' });
    expect(await model.checkpoint(), 'so early').to.equal(undefined);
    await building;
  });

  it('are computed in the same way in the background', async () => {
    const { runner, model, asked } = await runnerBefore();
    runner.resume();
    while ((await model.checkpoint()) === undefined) await otherWork();
    await runner.close();
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('are not computed further once nobody waits for them', async () => {
    const { runner, model } = await runnerBefore();
    const leaving = new AbortController();
    const left = runner.catchUp(leaving.signal);
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    await runner.catchUp();
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });
});

interface Circumstances {
  readonly isSuperseded?: boolean;
  readonly unlucky?: number;
}

/** A runner whose rows are not there yet, and what it asks of them. */
interface Beginning extends ToldRunner<number> {
  readonly asked: AskedOfRows;
}

async function runnerBefore({ isSuperseded = false, ...projection }: Circumstances = {}): Promise<Beginning> {
  const { eventStore } = openMemoryStore();
  for (let round = 0; round < ROUNDS; round++) await raiseAll(eventStore);
  const { readModels, asked } = watchedReadModels(memoryReadModelStore(), async () => {
    if (isSuperseded) throw new Fault('rebuild-superseded', { model: 'tallies' });
  });
  const store = { ...openMemoryStore(), eventStore, readModels, readModelUpdates: 'followed' } as const;
  return { asked, ...(await toldRunner(store, { projection: tallies(projection) })) };
}

async function raiseAll(eventStore: EventStore): Promise<void> {
  for (const id of STREAMS) {
    await eventStore.append({ streamId: id, expected: 'any', events: [newEvent({ type: 'Raised' })] });
  }
}
