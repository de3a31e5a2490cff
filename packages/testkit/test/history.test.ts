import {
  ProjectionRunner,
  openMemoryStore,
  streamId,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import {
  counterEvents,
  counterTotals,
  EventPlacer,
  loadHistory,
  readHistory,
  replay,
  settableClock,
  writeHistory,
} from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const APPLES = streamId('Counter', 'apples');
const PEARS = streamId('Counter', 'pears');

describe('a history', () => {
  it('is one line an event, in the order of commits', async () => {
    const store = await recordedStore();
    const [header, first, ...more] = await linesOf(store);
    expect(header).to.equal('{"history":1}\n');
    expect(more).to.have.length(3);
    expect(first).to.equal(
      '{"id":"00000000000000000000000001","streamId":"Counter-apples","revision":"0","position":"1099511627777",' +
        '"recordedAt":"2024-06-13T06:44:39.050Z","type":"Counted","schemaVersion":1,"data":{"by":1},' +
        '"metadata":{"actor":"tester","correlationId":"test","reason":"why \\"not\\" 🧀"}}\n',
    );
  });

  it('is read as the events that were written, from one text, from lines and from a stream of lines', async () => {
    const store = await recordedStore();
    const events = await eventsOf(store);
    const lines = await linesOf(store);
    const withoutEnds = lines.map((line) => line.trimEnd());
    for (const source of [
      lines.join(''),
      lines,
      withoutEnds,
      withoutEnds.join('\r\n'),
      withoutEnds.slice(1),
      `\uFEFF${lines.join('')}`,
      [`\uFEFF${withoutEnds[1] ?? ''}`, ...withoutEnds.slice(2)],
      writeHistory(store.eventStore),
    ]) {
      expect(await readHistory(source)).to.deep.equal(events);
    }
  });

  it('may be empty', async () => {
    expect(await readHistory('')).to.deep.equal([]);
    expect(await readHistory([])).to.deep.equal([]);
    expect(await linesOf(await replay(''))).to.deep.equal(['{"history":1}\n']);
    expect(await readHistory('{"history":1}\n')).to.deep.equal([]);
  });

  it('is loaded from a file, by path or by URL', async () => {
    const store = await recordedStore();
    const folder = await mkdtemp(join(tmpdir(), 'history-'));
    try {
      const file = join(folder, 'counters.jsonl');
      await writeFile(file, await linesOf(store));
      for (const place of [file, pathToFileURL(file)]) {
        expect(await loadHistory(place)).to.deep.equal(await eventsOf(store));
      }
      const text = (await linesOf(store)).join('').replace('"actor":"', '"actor":"é');
      await writeFile(file, text, 'latin1');
      const refused = await loadHistory(file).catch((caught: unknown) => String(caught));
      expect(refused).to.equal('InvalidHistory: line 2 of the history, line: it is not text in UTF-8');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a replayed history', () => {
  it('is a store in which it has happened: ids, revisions and instants are those of the lines', async () => {
    const store = await recordedStore();
    const replayed = await replay(await linesOf(store));
    expect(await eventsOf(replayed)).to.deep.equal(await eventsOf(store));
    expect(await linesOf(replayed)).to.deep.equal(await linesOf(store));
  });

  it('has the rows of each read model that is opened', async () => {
    const store = await replay(await linesOf(await recordedStore()));
    const follower = await ProjectionRunner.open({ store, projection: counterTotals });
    const { rows } = await follower.read([APPLES, PEARS]);
    expect([...rows.values()].map(({ total }) => total)).to.deep.equal([1 + 4, 2 + 3]);
    await follower.close();
  });

  it('goes on at its last instant, unless another clock is given', async () => {
    const lines = await linesOf(await recordedStore());
    const [event] = await eventsOf(await recordedStore());
    const append = { streamId: streamId('Counter', 'new'), expected: 'any' as const, events: event ? [event] : [] };
    const [later] = await (await replay(lines)).eventStore.append(append);
    expect(later?.recordedAt).to.equal(Date.parse('2024-06-13T06:44:42.050Z'));
    const clock = settableClock('2030-01-01T00:00:00.000Z');
    const [muchLater] = await (await replay(lines, { clock })).eventStore.append(append);
    expect(muchLater?.recordedAt).to.equal(clock());
  });
});

/** Two counters, interleaved, a second apart. */
async function recordedStore(): Promise<Store> {
  const clock = settableClock('2024-06-13T06:44:39.050Z');
  const metadata = { actor: 'tester', correlationId: 'test', reason: 'why "not" 🧀' };
  const placer = new EventPlacer({ metadata });
  const store = openMemoryStore({ clock });
  for (const [index, stream] of [APPLES, PEARS, PEARS, APPLES].entries()) {
    const event = placer.record(counterEvents, { type: 'Counted', data: { by: index + 1 } }, stream);
    await store.eventStore.append({ streamId: stream, expected: 'any', events: [event] });
    clock.advance(1000);
  }
  return store;
}

async function linesOf(store: Store): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of writeHistory(store.eventStore)) lines.push(line);
  return lines;
}

async function eventsOf(store: Store): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.eventStore.readAll()) events.push(...page);
  return events;
}
