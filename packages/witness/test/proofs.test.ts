import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMemoryStore, type RecordedEvent } from '@login-policy/event-sourcing';
import { generateKey, parseSigner, proveConsistency, proveEvent, treeHead, verifyProof } from '@login-policy/witness';
import type { GrowingTreeHead, VerifyAnswer } from '@login-policy/witness';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { eventsOf, headOf, KEY, logOf, salted, writeHistory } from './histories.js';

const SIZES = [1, 2, 3, 4, 7, 8, 21, 32, 33];
let events: readonly RecordedEvent[];
let heads: readonly GrowingTreeHead[];
const folder = mkdtempSync(join(tmpdir(), 'witness-'));
after(() => rmSync(folder, { recursive: true }));
before(async () => {
  await using store = openMemoryStore();
  await writeHistory(store);
  events = salted(await eventsOf(store.eventStore));
  heads = await Promise.all(SIZES.map((size) => headOf(logOf(events.slice(0, size)))));
});

async function eventProof(at: number, head: GrowingTreeHead, showsTexts = true): Promise<string> {
  const answer = await proveEvent(logOf(events), { eventId: events[at]?.id ?? '', treeHead: head, showsTexts });
  if (answer.outcome !== 'proved') throw new Error(answer.outcome);
  return answer.proof;
}

async function consistencyProof(older: GrowingTreeHead, newer: GrowingTreeHead): Promise<string> {
  const answer = await proveConsistency(logOf(events), { older, newer });
  if (answer.outcome !== 'proved') throw new Error(answer.outcome);
  return answer.proof;
}

interface Verifying {
  readonly name: string;
  /** Of so many tree heads it is given one: to start Python takes most of the time. */
  readonly step: number;
  readonly verifies: (proof: string, older?: string, key?: string) => boolean | undefined;
}

/** Two verifiers that share nothing: ours, and the one in Python. `undefined` where there is no Python. */
const VERIFIERS: readonly Verifying[] = [
  {
    name: 'our verifier',
    step: 1,
    verifies: (proof, older, publicKey = KEY.publicKey) =>
      verifyProof(proof, { publicKey, ...(older !== undefined && { older }) }).outcome === 'verified',
  },
  {
    name: 'the verifier in Python',
    step: 4,
    verifies: (proof, older, key = KEY.publicKey) => {
      const [proofFile, olderFile] = [join(folder, 'proof'), join(folder, 'older')];
      writeFileSync(proofFile, proof);
      if (older !== undefined) writeFileSync(olderFile, older);
      const program = fileURLToPath(new URL('../verify.py', import.meta.url));
      const ran = spawnSync('python3', [program, proofFile, key, ...(older === undefined ? [] : [olderFile])], {
        encoding: 'utf8',
      });
      if (ran.error !== undefined) return undefined;
      if (ran.status !== 0 && !ran.stderr.startsWith('REFUSED: ')) throw new Error(ran.stderr);
      expect(ran.stdout.startsWith('VERIFIED: ')).to.equal(ran.status === 0);
      return ran.status === 0;
    },
  },
];

for (const verifying of VERIFIERS)
  describe(`proofs, checked by ${verifying.name}`, () => {
    itShows(verifying);
    itRefuses(verifying);
  });

/** On a machine without Python there is nothing to expect of it. CI has one. */
function expectVerified(isVerified: boolean, found: boolean | undefined): void {
  if (found === undefined) expect(process.env['CI'], 'CI must have python3').to.equal(undefined);
  else expect(found).to.equal(isVerified);
}

function itShows({ step, verifies }: Verifying): void {
  const someHeads = (): readonly GrowingTreeHead[] => heads.filter((_, at) => at % step === 0);

  it('show each event of a log', async () => {
    for (const head of someHeads())
      for (const at of [0, head.size >> 1, head.size - 1]) expectVerified(true, verifies(await eventProof(at, head)));
  });

  it('show that each tree head is the beginning of each later one', async () => {
    for (const [at, older] of heads.entries())
      for (const newer of someHeads().filter((_, other) => other * step >= at))
        expectVerified(true, verifies(await consistencyProof(older, newer), older.note));
  });
}

function itRefuses({ verifies }: Verifying): void {
  it('are refused after any change: of the event, a hash, the index, the size, the root, the signature', async () => {
    const head = heads.at(-2) ?? (await headOf(logOf(events)));
    const proof = await eventProof(5, head);
    const changed = (from: string | RegExp, to: string): string => proof.replace(from, to);
    const [, extra = ''] = /^extra (\S+)$/m.exec(proof) ?? [];
    const json = Buffer.from(extra, 'base64').toString();
    const otherLeaf = Buffer.from(json.replace('forceMfa', 'forceMfb').replace('PT', 'PP')).toString('base64');
    expect(otherLeaf).not.to.equal(extra);
    for (const wrong of [
      changed(extra, otherLeaf),
      changed('index 5', 'index 4'),
      changed('index 5', 'index 50'),
      changed(/(index 5\n)(\S+\n)(\S+\n)/, '$1$3$2'),
      changed(/(index 5\n)(\S+\n)/, '$1'),
      changed(`\n${head.size}\n`, `\n${head.size - 1}\n`),
      changed(head.root, head.edge[0] === head.root ? (heads[0]?.root ?? '') : (head.edge[0] ?? '')),
      changed(/\S{8}\n$/, 'AAAAAAA=\n'),
      changed('iam.example/log', 'iam.example/lag'),
      'c2sp.org/tlog-proof@v1\n',
    ])
      expectVerified(false, verifies(wrong));
    expectVerified(false, verifies(proof, undefined, generateKey('iam.example/log').publicKey));
  });

  it('of consistency are refused with another older tree head', async () => {
    const [older, newer, other] = [heads[3], heads[7], heads[4]];
    if (older === undefined || newer === undefined || other === undefined) throw new Error('There are nine.');
    const proof = await consistencyProof(older, newer);
    expectVerified(false, verifies(proof, other.note));
    const forked = await headOf(logOf(events.slice(0, older.size).toReversed()));
    expectVerified(false, verifies(proof, forked.note));
    expectVerified(false, verifies(proof.replace(/^old 4\n\S+\n/, 'old 4\n'), older.note));
    expectVerified(false, verifies(proof));
  });
}

describe('the proof of an event', () => {
  const verified = (proof: string): Extract<VerifyAnswer, { kind: 'event' }> => {
    const answer = verifyProof(proof, { publicKey: KEY.publicKey });
    if (answer.outcome !== 'verified' || answer.kind !== 'event') throw new Error(JSON.stringify(answer));
    return answer;
  };

  it('shows the event, its place and the tree head', async () => {
    const [head] = heads.slice(-1);
    if (head === undefined) throw new Error('There are tree heads.');
    const answer = verified(await eventProof(8, head));
    expect(answer).to.include({ index: 8 });
    expect(answer.event).to.include({ id: events[8]?.id, type: events[8]?.type, stream: events[8]?.streamId });
    expect(answer.treeHead).to.include({ size: head.size, root: head.root });
    expect(answer.texts).to.deep.equal({ actor: events[8]?.metadata.actor, reason: events[8]?.metadata.reason });
  });

  it('shows no texts where it should not, and none but those that were recorded', async () => {
    const [head] = heads.slice(-1);
    if (head === undefined) throw new Error('There are tree heads.');
    const hidden = verified(await eventProof(8, head, false));
    expect(hidden.texts).to.deep.equal({});
    expect(JSON.stringify(hidden.event)).not.to.contain(events[8]?.metadata.actor);
    const proof = await eventProof(8, head);
    const [, extra = ''] = /^extra (\S+)$/m.exec(proof) ?? [];
    const forged = Buffer.from(extra, 'base64')
      .toString()
      .replace(/"text":"user-\d"/, '"text":"mallory"');
    expect(verifyProof(proof.replace(extra, Buffer.from(forged).toString('base64')), KEY)).to.deep.equal({
      outcome: 'refused',
      problem: 'The text of actor is not what was recorded.',
    });
  });

  it('is not given for an event that is not in the log, or came after the tree head', async () => {
    const [early] = heads;
    if (early === undefined) throw new Error('There are tree heads.');
    for (const eventId of ['nobody', events[20]?.id ?? ''])
      expect(await proveEvent(logOf(events), { eventId, treeHead: early })).to.deep.equal({ outcome: 'not-found' });
  });

  it('is not given of a log that does not contain the tree head', async () => {
    const head = await headOf(logOf(events.toReversed()));
    const answer = await proveEvent(logOf(events), { eventId: events[0]?.id ?? '', treeHead: head });
    expect(answer).to.include({ outcome: 'differs' });
    const [older, newer] = [heads[0], head];
    if (older === undefined) throw new Error('There are tree heads.');
    expect(await proveConsistency(logOf(events), { older, newer })).to.include({ outcome: 'differs' });
  });

  it('names what is wrong', async () => {
    const [head] = heads.slice(-1);
    if (head === undefined) throw new Error('There are tree heads.');
    const other = generateKey('iam.example/log');
    const proof = await eventProof(3, head);
    expect(verifyProof(proof, { publicKey: other.publicKey }))
      .to.have.property('problem')
      .contain('is not signed by');
    const signed = await treeHead(logOf(events), { signer: parseSigner(other.secretKey) });
    expect(signed).to.include({ outcome: 'signed' });
    expect(verifyProof('', KEY)).to.deep.equal({
      outcome: 'refused',
      problem: 'A proof must be lines, an empty line, and a tree head.',
    });
  });
});
