import { openMemoryStore, streamId, type EventStore } from '@login-policy/event-sourcing';
import {
  DeadlineExceeded,
  memoryReadModelStore,
  ProjectionStopped,
  Projector,
  RebuildSuperseded,
} from '@login-policy/event-sourcing/store';
import { rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { setImmediate as otherWork } from 'node:timers/promises';
import { newEvent } from './events.js';
import { codeOf, faultOf } from './followed.js';
import { tallies, type TallyEvent } from './tally.js';
import { watchedReadModels, type AskedOfRows } from './watched-read-models.js';

const STREAMS = Array.from({ length: 100 }, (_, index) => streamId('tally', `${index}`));
/** More than 10,000 events, which come to all streams in turn. */
const ROUNDS = 101;

describe('rows that are not there at all, of many events', () => {
  it('are written about once each', async () => {
    const { projector, asked } = await projectorBefore();
    await projector.catchUp();
    const model = await projector.readModel();
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
    const written = [...asked.slices, ...asked.switches, ...asked.commits].flat();
    expect(written).to.have.lengthOf.within(STREAMS.length, 2 * STREAMS.length);
  });

  it('are computed once, however many wait for them', async () => {
    const { projector, asked } = await projectorBefore();
    await Promise.all([projector.catchUp(), projector.catchUp(), projector.catchUp()]);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('are there also when another rebuild takes the place of this one, and then is gone', async () => {
    const { projector } = await projectorBefore({ isSuperseded: true });
    await projector.catchUp();
    expect(await rowUnder(await projector.readModel(), 'tally-7')).to.equal(ROUNDS);
  });

  it('are there up to the event that can not be reduced', async () => {
    const { projector } = await projectorBefore({ unlucky: 90 });
    const fault = await faultOf(projector.catchUp());
    expect(fault).to.be.instanceOf(ProjectionStopped);
    const model = await projector.readModel();
    expect([await rowUnder(model, 'tally-0'), await rowUnder(model, 'tally-99')]).to.deep.equal([89, 89]);
  });

  it('are there for who waits, also when another gives up who began them', async () => {
    const { projector } = await projectorBefore();
    const leaving = new AbortController();
    const [left, staying] = [projector.catchUp(leaving.signal), projector.catchUp()];
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    await staying;
    expect(await rowUnder(await projector.readModel(), 'tally-7')).to.equal(ROUNDS);
  });

  it('are waited for no longer than until the signal of who waits, whoever began them', async () => {
    const { projector } = await projectorBefore();
    const leaving = new AbortController();
    const [staying, left] = [projector.catchUp(), projector.catchUp(leaving.signal)];
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    expect(await (await projector.readModel()).checkpoint(), 'so early').to.equal(undefined);
    await staying;
    expect(await rowUnder(await projector.readModel(), 'tally-7')).to.equal(ROUNDS);
  });

  it('do not take the place of a rebuild that was asked for meanwhile, nor it theirs', async () => {
    const { projector } = await projectorBefore();
    const [, rebuilt] = await Promise.all([projector.catchUp(), projector.rebuild()]);
    const [rebuiltFirst] = await Promise.all([projector.rebuild(), projector.catchUp()]);
    const model = await projector.readModel();
    expect([rebuilt, rebuiltFirst]).to.deep.equal(Array(2).fill(await model.checkpoint()));
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
  });

  it('are not computed again after a rebuild that was begun before', async () => {
    const { projector, asked } = await projectorBefore();
    await Promise.all([projector.rebuild(), projector.catchUp()]);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('keep nobody waiting who gives their rebuild up', async () => {
    const { projector } = await projectorBefore();
    const leaving = new AbortController();
    const [building, left] = [projector.rebuild(), faultOf(projector.rebuild(leaving.signal))];
    leaving.abort();
    expect(await left).to.be.instanceOf(DeadlineExceeded);
    expect(await (await projector.readModel()).checkpoint(), 'so early').to.equal(undefined);
    await building;
  });

  it('are computed so for who follows, too', async () => {
    const { projector, asked } = await projectorBefore();
    const ending = new AbortController();
    const following = projector.follow(ending.signal);
    const model = await projector.readModel();
    while ((await model.checkpoint()) === undefined) await otherWork();
    ending.abort();
    await following;
    expect(await rowUnder(model, 'tally-7')).to.equal(ROUNDS);
    expect(asked.switches).to.have.lengthOf(1);
  });

  it('are left as they are when nobody waits for them any more', async () => {
    const { projector } = await projectorBefore();
    const leaving = new AbortController();
    const left = projector.catchUp(leaving.signal);
    leaving.abort();
    expect(await codeOf(left)).to.equal('deadline-exceeded');
    await projector.catchUp();
    expect(await rowUnder(await projector.readModel(), 'tally-7')).to.equal(ROUNDS);
  });
});

interface Circumstances {
  readonly isSuperseded?: boolean;
  readonly unlucky?: number;
}

/** A projector whose rows are not there yet, and what it asks of them. */
interface Beginning {
  readonly projector: Projector<TallyEvent, number>;
  readonly asked: AskedOfRows;
}

async function projectorBefore({ isSuperseded = false, ...projection }: Circumstances = {}): Promise<Beginning> {
  const { eventStore } = openMemoryStore();
  for (let round = 0; round < ROUNDS; round++) await raiseAll(eventStore);
  const { readModels, asked } = watchedReadModels(memoryReadModelStore(), async () => {
    if (isSuperseded) throw new RebuildSuperseded({ model: 'tallies' });
  });
  return { asked, projector: new Projector({ eventStore, readModels, projection: tallies(projection) }) };
}

async function raiseAll(eventStore: EventStore): Promise<void> {
  for (const id of STREAMS) {
    await eventStore.append({ streamId: id, expected: 'any', events: [newEvent({ type: 'Raised' })] });
  }
}
