import { openPort } from '@login-policy/api';
import { ChangesStreams, exchangeOf, type Change } from '@login-policy/iam-server';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { EventStream } from './event-stream.js';
import { eventually } from './waiting.js';

describe('a stream of changes whose beginning takes long', () => {
  it('says no beat before it has told what was missed: a page that is cut off then would never hear of it', async () => {
    const recognised = { caller: { id: 'u', instanceId: '1', grants: [] }, session: undefined };
    let [beats, answer] = [0, (_: readonly Change[]): void => undefined];
    const feed = {
      reached: '9',
      listen: () => () => true,
      missedSince: () => new Promise<readonly Change[]>((resolve) => (answer = resolve)),
    };
    const recognise = async (): Promise<typeof recognised> => {
      beats++;
      return recognised;
    };
    const streams = new ChangesStreams(feed, { recognise }, () => true);
    const port = await openPort((...request) => void streams.begin(exchangeOf(...request), recognised), { port: 0 });
    const asked = EventStream.begin(port.url, { 'last-event-id': '5' });
    await eventually('two beats', () => beats > 1 || undefined);
    answer([{ instanceId: '1', sequence: '7', position: '7' }]);
    const stream = await asked;
    await stream.told('beat');
    expect(stream.events.map(({ event }) => event).slice(0, 3)).to.deep.equal(['changed', 'ready', 'beat']);
    streams.close();
    expect(await stream.over()).to.equal('ended');
    await port.close();
  });
});
