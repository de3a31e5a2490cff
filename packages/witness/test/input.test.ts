import { openMemoryStore, type EventStore } from '@login-policy/event-sourcing';
import {
  checkLog,
  generateKey,
  openTreeHead,
  parseSigner,
  parseVerifier,
  proveConsistency,
  proveEvent,
  tlogWitness,
  treeHead,
  treeHeadFile,
  urlSink,
  verifyProof,
  witness,
  type TreeHead,
} from '@login-policy/witness';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { headOf, KEY, SIGNER, writeHistory } from './histories.js';

/** What plain JavaScript passes in spite of the types. */
function careless<Wanted>(value: unknown): Wanted {
  const passed: (given: never) => Wanted = (given) => given;
  return Reflect.apply(passed, undefined, [value]);
}

/** Calls with a wrong option, each under what it is answered. */
const callsOn = (log: EventStore, head: TreeHead): Readonly<Record<string, () => unknown>> => ({
  'treeHead: previus is not an option. Did you mean previous?': () =>
    treeHead(log, careless({ signer: SIGNER, previus: head })),
  'treeHead: previous must be a tree head, with size and root, not undefined.': () =>
    treeHead(log, careless({ signer: SIGNER, previous: undefined })),
  'treeHead: signer must be a signer, with publicKey and sign, not undefined.': () => treeHead(log, careless({})),
  'treeHead: log must be an object with the method readAll, not undefined.': () =>
    treeHead(careless(undefined), { signer: SIGNER }),
  'checkLog: treeHeads must be a list of tree heads, with size and root, not an object.': () =>
    checkLog(log, careless({ treeHeads: head })),
  'checkLog: leafs is not an option. Did you mean leaves?': () =>
    checkLog(log, careless({ treeHeads: [head], leafs: [] })),
  'proveEvent: showTexts is not an option. Did you mean showsTexts?': () =>
    proveEvent(log, careless({ eventId: 'x', treeHead: head, showTexts: false })),
  'proveConsistency: older must be a tree head, with size and root, not undefined.': () =>
    proveConsistency(log, careless({ newer: head })),
  'openTreeHead: witness is not an option. Did you mean witnesses?': () =>
    openTreeHead(head.note, careless({ ...KEY, witness: ['x'] })),
  'verifyProof: witnesses must be a list of texts, not undefined.': () =>
    verifyProof(head.note, careless({ ...KEY, witnesses: undefined })),
  'urlSink: url must be an address that begins with https:// or http://, not undefined.': () =>
    urlSink(careless(undefined)),
  'urlSink: timeoutMs must be a number from 1 to 600,000, not "5s".': () =>
    urlSink('https://audit.example', careless({ timeoutMs: '5s' })),
  'tlogWitness: url must be an address that begins with https:// or http://, not "witness.example".': () =>
    tlogWitness('witness.example', KEY.publicKey),
  'treeHeadFile: path must be a non-empty string, not undefined.': () => treeHeadFile(careless(undefined)),
  "A key's name must be text without spaces, plus signs or control characters, not undefined.": () =>
    generateKey(careless(undefined)),
  'A secret key must be PRIVATE+KEY+NAME+ID+SEED, with an Ed25519 key.': () => parseSigner(careless(undefined)),
  'publicKey must be NAME+ID+KEY, with an Ed25519 key, not undefined.': () => parseVerifier(careless(undefined)),
});

describe('a wrong option', () => {
  it('is refused by its name, never ignored: one that compares or demands nothing would pass every log', async () => {
    const store = openMemoryStore();
    await writeHistory(store, { to: 3 });
    const head = await headOf(store.eventStore);
    for (const [problem, call] of Object.entries(callsOn(store.eventStore, head))) {
      const caught: unknown = await Promise.resolve()
        .then(call)
        .catch((error: unknown) => error);
      expect(caught, problem).to.be.instanceOf(RangeError);
      expect(String(caught)).to.equal(`RangeError: ${problem}`);
    }
  });

  it('of a consumer that makes tree heads is, too', () => {
    const file = treeHeadFile('/nowhere');
    for (const [wrong, name] of [
      [{ everyEvents: 0 }, 'everyEvents'],
      [{ everyMinutes: 0 }, 'everyMinutes'],
      [{ sinks: [{}] }, 'sinks'],
      [{ events: 5 }, 'events is not an option'],
      [{ signer: KEY }, 'signer must be a signer, with publicKey and sign'],
    ] as const)
      expect(() => witness(openMemoryStore(), careless({ signer: SIGNER, file, ...wrong })), name).to.throw(
        RangeError,
        name,
      );
  });
});
