import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { openMemoryStore, type Store } from '@login-policy/event-sourcing';
import { openTreeHead, tlogWitness, treeHeadFile, urlSink, witness } from '@login-policy/witness';
import type { Sink, TreeHead, TreeHeadFile, Witnessing, WitnessingOptions } from '@login-policy/witness';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { headOf, KEY, SIGNER, writeHistory } from './histories.js';
import { portOf, WitnessDouble } from './witness-double.js';

let folder: string;
let store: Store;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'witness-'));
  path = join(folder, 'tree-head');
  store = openMemoryStore();
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const open = (options: Partial<WitnessingOptions> = {}, on = store): Witnessing =>
  witness(on, { signer: SIGNER, file: treeHeadFile(path), everyEvents: 10, ...options });

/** Asks until it is so. */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  // Longer than a test sets the clock forward.
  const end = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`${what} did not come.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const sizeInFile = async (): Promise<number> =>
  readFile(path, 'utf8').then(
    (note) => openTreeHead(note, KEY).size,
    () => -1,
  );

describe('a consumer that makes tree heads', () => {
  it('makes one after so many events, and leaves it and its edge in a file', async () => {
    await using making = open();
    await writeHistory(store, { to: 20 });
    await until(async () => (await sizeInFile()) >= 10, 'a tree head');
    const { size } = making.status().treeHead ?? { size: -1 };
    expect(await sizeInFile()).to.equal(size);
    expect(await treeHeadFile(path).read(KEY)).to.have.property('edge');
  });

  it('makes one after so many minutes, if there are new events', async () => {
    const delivered: number[] = [];
    const sink: Sink = { name: 'list', deliver: ({ size }) => Promise.resolve(void delivered.push(size)) };
    await using making = open({ everyEvents: 1000, everyMinutes: 0.001, sinks: [sink] });
    await writeHistory(store, { to: 3 });
    const { size } = await headOf(store.eventStore);
    await until(async () => (await sizeInFile()) === size, 'a tree head');
    await writeHistory(store, { from: 3, to: 6 });
    await until(async () => (await sizeInFile()) === size + 3, 'the next tree head');
    expect(making.status().lastFailure).to.equal(undefined);
    expect(new Set(delivered).size, 'each size once').to.equal(delivered.length);
  });

  it('goes on in another process from the file, and reads only what is new', async () => {
    await writeHistory(store, { to: 20 });
    const first = open({ everyEvents: 1 });
    await until(async () => (await sizeInFile()) > 0, 'a tree head');
    await first.close();
    const { size } = await headOf(store.eventStore);
    await writeHistory(store, { from: 20, to: 24 });
    const read: unknown[] = [];
    const counting: Store = {
      ...store,
      consume: (options) => store.consume(options),
      eventStore: {
        ...store.eventStore,
        async *readAll(options) {
          for await (const page of store.eventStore.readAll(options)) {
            read.push(...page);
            yield page;
          }
        },
      },
    };
    await using making = open({ everyEvents: 1 }, counting);
    await until(async () => (await sizeInFile()) === size + 4, 'the next tree head');
    expect(read.length).to.be.below(10);
    expect(making.status().lastFailure).to.equal(undefined);
  });

  it('holds up no other sink when one fails, names it, and tries again', async () => {
    const delivered: number[] = [];
    let isDown = true;
    const broken: Sink = {
      name: 'broken',
      deliver: () => (isDown ? Promise.reject(new Error('the disk of the broken one is full')) : Promise.resolve()),
    };
    const fine: Sink = { name: 'fine', deliver: ({ size }) => Promise.resolve(void delivered.push(size)) };
    await writeHistory(store, { to: 20 });
    await using making = open({ sinks: [broken, fine] });
    await until(() => making.status().state === 'retrying', 'the failure');
    expect(String(making.status().lastFailure?.error)).to.contain('the disk of the broken one is full');
    const { size } = await headOf(store.eventStore);
    expect(delivered).to.include(size);
    expect(await sizeInFile()).to.equal(size);
    isDown = false;
    await until(() => making.status().state === 'working', 'the recovery');
  });

  it('holds up nobody when one throws at once, and closes beside one that says nothing', async () => {
    const delivered: number[] = [];
    const sinks: readonly Sink[] = [
      {
        name: 'thrower',
        deliver() {
          throw new Error('at once');
        },
      },
      { name: 'list', deliver: ({ size }) => Promise.resolve(void delivered.push(size)) },
      { name: 'silent', deliver: () => new Promise<never>(() => undefined) },
    ];
    const making = open({ sinks });
    await writeHistory(store, { to: 20 });
    await until(() => delivered.length > 0, 'a tree head');
    await making.close();
  });

  it('gives a sink that says nothing 30 seconds, names it, and goes on', async () => {
    let [isSilent, delivered] = [true, 0];
    const silent: Sink = {
      name: 'silent',
      deliver: () => (isSilent ? new Promise<never>(() => undefined) : Promise.resolve(void delivered++)),
    };
    const now = performance.now.bind(performance);
    await using making = open({ everyEvents: 1000, everyMinutes: 0.001, sinks: [silent] });
    await writeHistory(store, { to: 3 });
    await until(async () => (await sizeInFile()) > 0, 'a tree head');
    performance.now = () => now() + 31_000;
    try {
      await until(() => making.status().lastFailure !== undefined, 'the failure');
    } finally {
      performance.now = now;
    }
    expect(String(making.status().lastFailure?.error)).to.contain('the sink silent did not finish before its deadline');
    isSilent = false;
    await until(() => delivered > 0, 'the recovery');
  });

  it('is closed only when the file is written, so that who removes it afterwards finds it whole', async () => {
    const kept = treeHeadFile(path);
    let [isWriting, isWritten] = [false, false];
    const slow: TreeHeadFile = {
      ...kept,
      async deliver(head, signal) {
        isWriting = true;
        await new Promise((resolve) => setTimeout(resolve, 50));
        await kept.deliver(head, signal);
        isWritten = true;
      },
    };
    const making = open({ file: slow });
    await writeHistory(store, { to: 20 });
    await until(() => isWriting, 'the file');
    await making.close();
    expect(isWritten).to.equal(true);
  });

  it('fails by name where the log is not the one of the file', async () => {
    await writeHistory(store, { to: 20 });
    const other = openMemoryStore();
    await writeHistory(other, { to: 30 });
    const { note, ...head } = await headOf(other.eventStore);
    await treeHeadFile(path).deliver({ note, ...head }, undefined);
    await writeFile(`${path}.edge`, '');
    await using making = open();
    await until(() => making.status().state === 'retrying', 'the failure');
    expect(String(making.status().lastFailure?.error)).to.match(/The log has \d+ events less than the last tree head/);
    expect(await readFile(path, 'utf8')).to.equal(note);
    await other.close();
  });
});

describe('a sink', () => {
  it('at an address gets each tree head as its note, with the headers', async () => {
    const got: unknown[] = [];
    const server = createServer((request, response) => {
      const answer = async (): Promise<void> => {
        got.push([request.method, request.headers.authorization, await text(request)]);
        response.writeHead(got.length === 1 ? 500 : 200).end();
      };
      answer().catch((caught: unknown) => response.destroy(new Error('no answer', { cause: caught })));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = portOf(server);
    const sink = urlSink(`http://127.0.0.1:${port}/heads`, { headers: { authorization: 'Bearer x' } });
    const head = await headOf(store.eventStore);
    expect(await sink.deliver(head, undefined).catch(String)).to.equal(`Error: 127.0.0.1:${port} answered 500.`);
    await sink.deliver(head, undefined);
    expect(got[1]).to.deep.equal(['POST', 'Bearer x', head.note]);
    server.close();
    server.closeAllConnections();
  });

  it('that is a file never takes a smaller tree head, and is read without an edge of another', async () => {
    const small = await headOf(store.eventStore);
    await writeHistory(store);
    const large = await headOf(store.eventStore);
    const file = treeHeadFile(path);
    expect(await file.read(KEY)).to.equal(undefined);
    await file.deliver(large, undefined);
    await file.deliver(small, undefined);
    expect(await file.read(KEY))
      .to.include({ size: large.size })
      .and.have.property('edge');
    for (const edge of ['', '{}', `{"edge":["${large.root}"]}`, '{"edge":["x"]}']) {
      await writeFile(`${path}.edge`, edge);
      expect(await file.read(KEY))
        .to.include({ size: large.size })
        .and.not.have.property('edge');
    }
    await writeFile(path, large.note.replace('iam', 'IAM'));
    expect(await file.read(KEY).catch(String)).to.equal('RangeError: A signature of the tree head is wrong.');
  });
});

describe('a witness', () => {
  it('cosigns each tree head, with proofs that need the new events only', async () => {
    await using double = await WitnessDouble.start();
    const keys = { ...KEY, witnesses: [double.publicKey] };
    const sizes: number[] = [];
    let newest: TreeHead | undefined;
    const isOf = (size: number) => (): boolean => newest?.size === size;
    const sink: Sink = {
      name: 'list',
      deliver: (head) => {
        newest = head;
        sizes.push(openTreeHead(head.note, keys).size);
        return Promise.resolve();
      },
    };
    await using making = open({
      everyEvents: 1,
      sinks: [sink],
      witnesses: [tlogWitness(double.url, double.publicKey)],
    });
    for (let to = 4; to <= 16; to += 4) {
      await writeHistory(store, { from: to - 4, to });
      const { size } = await headOf(store.eventStore);
      await until(isOf(size), `a tree head of ${size}`);
    }
    expect(making.status().lastFailure).to.equal(undefined);
    expect(sizes.at(-1)).to.equal(newest?.size);
    expect(double.note.split('\n')[1]).to.equal(String(newest?.size));
    expect(openTreeHead(await readFile(path, 'utf8'), keys).cosigners).to.deep.equal([double.name]);
  });

  it('that knows another size is given the proof from there', async () => {
    await using double = await WitnessDouble.start();
    const asking = tlogWitness(double.url, double.publicKey);
    const log = store.eventStore;
    await writeHistory(store, { to: 5 });
    const first = await headOf(log);
    await asking.cosign(first, { log, previous: undefined });
    await writeHistory(store, { from: 5, to: 9 });
    const previous = await headOf(log);
    await writeHistory(store, { from: 9, to: 20 });
    const lines = await asking.cosign(await headOf(log), { log, previous });
    expect(lines).to.match(/^— witness.example\/w1 \S+\n$/);
    expect(double.asked).to.deep.equal([0, previous.size, first.size]);
  });

  it('that answers an error, or signs with another key, is a failure by its name', async () => {
    await using double = await WitnessDouble.start();
    await using other = await WitnessDouble.start();
    const log = store.eventStore;
    await writeHistory(store, { to: 5 });
    const [head, asked] = [await headOf(log), { log, previous: undefined }];
    double.isDown = true;
    const down = await tlogWitness(double.url, double.publicKey).cosign(head, asked).catch(String);
    expect(down).to.equal('Error: The witness witness.example/w1 answered 503: "later".');
    const forged = await tlogWitness(other.url, double.publicKey).cosign(head, asked).catch(String);
    expect(forged).to.contain('did not sign with the key that is known of it');
    const early = await headOf(openMemoryStore().eventStore);
    const behind = await tlogWitness(other.url, other.publicKey).cosign(early, asked).catch(String);
    expect(behind).to.match(/knows \d+ events, and the log has 0/);
  });
});
