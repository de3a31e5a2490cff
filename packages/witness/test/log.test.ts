import { hash } from 'node:crypto';
import { openMemoryStore, type RecordedEvent } from '@login-policy/event-sourcing';
import { checkLog, leafOf, openTreeHead, treeHead } from '@login-policy/witness';
import canonicalize from 'canonicalize';
import { expect } from 'chai';
import fc from 'fast-check';
import { before, describe, it } from 'mocha';
import { eventsOf, headOf, KEY, logOf, salted, SIGNER, writeHistory } from './histories.js';

let events: readonly RecordedEvent[];
before(async () => {
  await using store = openMemoryStore();
  await writeHistory(store);
  events = await eventsOf(store.eventStore);
});

describe('a leaf', () => {
  it('hides who and why behind commitments, and tells apart no reason from an empty one', () => {
    const [event] = events.filter(({ metadata }) => metadata.reason !== undefined);
    if (event === undefined) throw new Error('There is one with a reason.');
    const { reason: _, ...bare } = event.metadata;
    const leaves = [event.metadata, bare, { ...bare, reason: '' }].map((metadata) => {
      const [one] = salted([{ ...event, metadata }]);
      return one === undefined ? '' : leafOf(one);
    });
    expect(new Set(leaves).size).to.equal(3);
    const [leaf = ''] = leaves;
    const sha256 = (said: string): string => hash('sha256', said, 'base64');
    expect(leaf).to.contain(`"commitmentToActor":"${sha256(`abcdefghijklmnopqrstu0:${bare.actor}`)}"`);
    expect(leaf).to.contain(`"commitmentToReason":"${sha256(`0abcdefghijklmnopqrstu:${event.metadata.reason}`)}"`);
    expect(leaf).not.to.contain(bare.actor).and.not.to.contain('Salt');
    expect(leaf).to.equal(canonicalize(JSON.parse(leaf)));
  });

  const text = fc.string({ unit: 'grapheme', maxLength: 20 });
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
  const data = fc.dictionary(text, fc.oneof(text, number, fc.array(fc.integer()), fc.dictionary(text, number)));

  it('is the canonical form of what is recorded but its position, whatever the event', () => {
    const metadata = fc.record({ actor: text, correlationId: text }, { requiredKeys: ['actor', 'correlationId'] });
    fc.assert(
      fc.property(data, metadata, fc.option(text, { nil: undefined }), (given, who, reason) => {
        const [one] = events;
        if (one === undefined) throw new Error('There is an event.');
        const all = { ...who, causationId: 'c', idempotencyKey: 'k', ...(reason !== undefined && { reason }) };
        const { position, streamId, metadata: _, ...facts } = { ...one, data: given };
        const whole = { ...facts, ...all, stream: streamId, revision: `${one.revision}` };
        expect(leafOf({ ...one, data: given, metadata: all })).to.equal(canonicalize(whole));
      }),
    );
  });
});

describe('a tree head', () => {
  it('has the root of the whole log, signed', async () => {
    const head = await headOf(logOf(events));
    expect(head).to.include({ origin: 'iam.example/log', size: events.length });
    expect(openTreeHead(head.note, KEY)).to.include({ size: head.size, root: head.root });
  });

  it('is made from the one before without reading the rest, and is the same as from the first event', async () => {
    for (let size = 0; size < events.length; size++) {
      const first = await headOf(logOf(events.slice(0, size)));
      const log = logOf(events);
      const grown = await headOf(log, JSON.parse(JSON.stringify(first)));
      expect(grown).to.deep.equal(await headOf(logOf(events)));
      expect(log.counted.read).to.equal(size === 0 ? events.length : events.length - size);
    }
  });

  it('of an empty log is the empty tree', async () => {
    const head = await headOf(logOf([]));
    expect(head).to.include({ size: 0, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' });
    expect(head).not.to.have.property('position');
    expect(await checkLog(logOf([]), { treeHeads: [head] })).to.include({ outcome: 'contained', size: 0 });
  });

  it('is not signed where the log does not contain the one before', async () => {
    const { edge: _, ...previous } = await headOf(logOf(events));
    const answer = await treeHead(logOf(events.slice(0, -3)), { signer: SIGNER, previous });
    expect(answer).to.deep.equal({ outcome: 'shorter', size: events.length - 3, by: 3, matching: 0 });
    const changed = events.map((event, at) => (at === 5 ? { ...event, type: 'Changed' } : event));
    expect(await treeHead(logOf(changed), { signer: SIGNER, previous })).to.include({ outcome: 'differs' });
  });

  it('whose edge is of another tree is refused by name', async () => {
    const head = await headOf(logOf(events));
    const other = await headOf(logOf(events.toReversed()));
    const failed = await headOf(logOf(events), { ...head, edge: other.edge }).catch(String);
    expect(failed).to.equal('RangeError: edge: it does not belong to this tree head.');
  });

  it('is read on from in a copy, where positions are others: from the first event, and compared', async () => {
    await using store = openMemoryStore();
    for (const { append, streamId, ...event } of events) {
      if (append !== undefined && append.place > 1) continue;
      const { count } = append ?? { count: 1 };
      const at = events.findIndex(({ id }) => id === event.id);
      const whole = events.slice(at, at + count);
      await store.eventStore.append({ streamId, expected: 'any', events: whole, recordedAt: event.recordedAt });
    }
    const head = await headOf(logOf(events.slice(0, -2)));
    const elsewhere = { ...head, position: '99999999999999999999' };
    expect((await headOf(store.eventStore, elsewhere)).root).to.equal((await headOf(logOf(events))).root);
  });

  it('stops at an event that can not be read, by the name of the fault', async () => {
    const fault = new Error('half');
    const half = events.map((event, at) =>
      at === 4
        ? {
            ...event,
            get data(): never {
              throw fault;
            },
          }
        : event,
    );
    expect(await headOf(logOf(half)).catch((caught: unknown) => caught)).to.equal(fault);
  });

  it('is not signed when the reading was given up', async () => {
    const given = AbortSignal.abort(new Error('given up'));
    const failed = await treeHead(logOf(events), { signer: SIGNER, signal: given }).catch(String);
    expect(failed).to.equal('Error: given up');
  });
});

describe('checking a log', () => {
  it('finds it contains every tree head that it had', async () => {
    const treeHeads = await Promise.all(events.map((_, at) => headOf(logOf(events.slice(0, at)))));
    expect(await checkLog(logOf(events), { treeHeads })).to.deep.equal({
      outcome: 'contained',
      size: events.length,
      erasedUnrecorded: [],
    });
  });

  it('says by how much a restored backup is shorter, and how much of it is shown to be the same', async () => {
    const head = await headOf(logOf(events));
    const { root, size } = head;
    const restored = logOf(events.slice(0, 36));
    const short = { outcome: 'shorter', size: 36, by: events.length - 36 };
    expect(await checkLog(restored, { treeHeads: [{ root, size }] })).to.deep.equal({ ...short, matching: 0 });
    expect(await checkLog(restored, { treeHeads: [head] })).to.deep.equal({ ...short, matching: 32 });
    const leaves: string[] = [];
    await treeHead(logOf(events), { signer: SIGNER, onLeaf: (leaf) => leaves.push(leaf) });
    expect(await checkLog(restored, { treeHeads: [{ root, size }], leaves })).to.deep.equal({ ...short, matching: 36 });
  });

  it('says where it first differs: exactly with the leaves, else between tree heads or in a part of the tree', async () => {
    const [early, late] = [await headOf(logOf(events.slice(0, 10))), await headOf(logOf(events))];
    const leaves: string[] = [];
    await treeHead(logOf(events), { signer: SIGNER, onLeaf: (leaf) => leaves.push(leaf) });
    for (let at = 0; at < events.length; at++) {
      const changed = logOf(events.map((event, place) => (place === at ? { ...event, schemaVersion: 9 } : event)));
      const exact = await checkLog(changed, { treeHeads: [late], leaves });
      expect(exact).to.deep.equal({ outcome: 'differs', matching: at, within: at + 1 });
      const between = await checkLog(changed, { treeHeads: [late, early] });
      if (between.outcome !== 'differs') throw new Error(`missed at ${at}`);
      expect(between.matching).to.be.at.most(at);
      expect(between.within).to.be.above(at);
      if (at < 10) expect(between.within).to.be.at.most(10);
      else expect(between.matching).to.be.at.least(10);
    }
  });

  it('refuses leaves or an edge of another tree, and no tree head at all', async () => {
    const head = await headOf(logOf(events));
    const failed = async (options: Parameters<typeof checkLog>[1]): Promise<string> =>
      checkLog(logOf(events), options).then(JSON.stringify, String);
    expect(await failed({ treeHeads: [] })).to.equal('RangeError: treeHeads: name at least one.');
    expect(await failed({ treeHeads: [head], leaves: [head.root] })).to.contain('leaves: they are not those');
    expect(await failed({ treeHeads: [{ ...head, root: head.edge[0] ?? '' }] })).to.contain('edge: it does not belong');
  });
});
