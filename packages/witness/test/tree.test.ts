import { hash } from 'node:crypto';
import {
  consistencyParts,
  inclusionParts,
  isConsistent,
  leafHash,
  nodeHash,
  PartHasher,
  RightEdge,
  rootOfInclusion,
  type LeafRange,
} from '#insides';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';

// Certificate Transparency's reference leaves and roots, as transparency-dev/merkle publishes them
// (proof/verify_test.go, rfc6962/rfc6962_test.go).
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');
// Our leaves are text. All bytes of these are ASCII.
const hashes = LEAVES.map((leaf) => leafHash(Buffer.from(leaf, 'hex').toString()));
const rootOf = (size: number): string => Buffer.from(ROOTS[size - 1] ?? '', 'hex').toString('base64');

/** Of all leaves before `size`, given by their hashes. */
function partsOf(parts: readonly LeafRange[], leaves: readonly string[]): readonly string[] {
  const hasher = new PartHasher(parts);
  for (const leaf of leaves) hasher.add(leaf);
  return hasher.roots() ?? [];
}
const inclusion = (index: number, size: number, leaves = hashes): readonly string[] =>
  partsOf(inclusionParts(index, size), leaves.slice(0, size));
const consistency = (older: number, newer: number, leaves = hashes): readonly string[] =>
  partsOf(consistencyParts(older, newer), leaves.slice(0, newer));
const edgeOf = (leaves: readonly string[]): RightEdge => {
  const edge = new RightEdge();
  for (const leaf of leaves) edge.add(leaf);
  return edge;
};

describe('the published vectors of RFC 6962', () => {
  it('hash the empty tree, a leaf and a node', () => {
    expect(hex(new RightEdge().root())).to.equal('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(leafHash('L123456'))).to.equal('395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56');
    const [left, right] = [hash('sha256', 'l', 'buffer'), hash('sha256', 'r', 'buffer')];
    expect(nodeHash(left.toString('base64'), right.toString('base64'))).to.equal(
      hash('sha256', Buffer.concat([Buffer.of(1), left, right]), 'base64'),
    );
  });

  it('give each root of the growing tree', () => {
    for (const [at, root] of ROOTS.entries())
      expect(hex(edgeOf(hashes.slice(0, at + 1)).root()), `of ${at + 1} leaves`).to.equal(root);
  });

  it('give the inclusion proofs', () => {
    const [first, fifth] = [hashes[0], hashes[4]].map((one) => hex(one ?? ''));
    expect(inclusion(0, 8).map(hex)).to.deep.equal([
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    expect(inclusion(5, 8).map(hex)).to.deep.equal([
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(inclusion(2, 3).map(hex)).to.deep.equal([ROOTS[1]]);
    expect(inclusion(1, 5).map(hex)).to.deep.equal([
      first,
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      fifth,
    ]);
  });

  it('give the consistency proofs', () => {
    expect(consistency(6, 8).map(hex)).to.deep.equal([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    expect(consistency(2, 5).map(hex)).to.deep.equal([
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
    expect(consistency(6, 7).map(hex)).to.deep.equal([
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('have the parts of the example of section 2.1.3', () => {
    const named = (parts: readonly LeafRange[]): readonly string[] => parts.map(({ from, to }) => `${from}-${to}`);
    expect(named(inclusionParts(0, 7))).to.deep.equal(['1-2', '2-4', '4-7']); // [b, h, l]
    expect(named(inclusionParts(3, 7))).to.deep.equal(['2-3', '0-2', '4-7']); // [c, g, l]
    expect(named(inclusionParts(4, 7))).to.deep.equal(['5-6', '6-7', '0-4']); // [f, j, k]
    expect(named(inclusionParts(6, 7))).to.deep.equal(['4-6', '0-4']); // [i, k]
    expect(named(consistencyParts(3, 7))).to.deep.equal(['2-3', '3-4', '0-2', '4-7']); // [c, d, g, l]
    expect(named(consistencyParts(4, 7))).to.deep.equal(['4-7']); // [l]
    expect(named(consistencyParts(6, 7))).to.deep.equal(['4-6', '6-7', '0-4']); // [i, j, k]
  });
});

describe('proofs', () => {
  it('of every leaf and every beginning hold in every tree of up to 20 leaves, and of no other', () => {
    const leaves = Array.from({ length: 20 }, (_, at) => leafHash(`leaf ${at}`));
    const roots = leaves.map((_, at) => edgeOf(leaves.slice(0, at + 1)).root());
    for (let size = 1; size <= leaves.length; size++) {
      const newer = { size, root: roots[size - 1] ?? rootOf(1) };
      for (let index = 0; index < size; index++) {
        const proof = { index, size, hashes: inclusion(index, size, leaves) };
        for (const [at, leaf] of leaves.entries())
          expect(rootOfInclusion({ ...proof, leaf }) === newer.root).to.equal(at === index);
        const older = { size: index + 1, root: roots[index] ?? rootOf(1) };
        const path = consistency(index + 1, size, leaves);
        for (const [at, root] of roots.entries())
          expect(isConsistent({ ...older, root }, newer, path)).to.equal(at === index);
      }
    }
  });

  it('that were changed anywhere are refused', () => {
    const leaves = Array.from({ length: 64 }, (_, at) => leafHash(`leaf ${at}`));
    const rootAt = (size: number): string => edgeOf(leaves.slice(0, size)).root();
    const sizes = fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 64 })).filter(([a, b]) => a < b);
    fc.assert(
      fc.property(
        sizes,
        fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 3 })),
        ([older, newer], [at, bit, change]) => {
          const changed = (path: readonly string[]): readonly string[] => {
            const place = at % path.length;
            if (change === 0) return path.toSpliced(place, 1);
            if (change === 1) return path.toSpliced(place, 0, leaves[0] ?? rootAt(1));
            return path.map((one, index) => (index === place ? flipped(one, bit) : one));
          };
          const from = { size: older, root: rootAt(older) };
          const to = { size: newer, root: rootAt(newer) };
          const proof = { leaf: leaves[older - 1] ?? rootAt(1), index: older - 1, size: newer };
          expect(isConsistent(from, to, changed(consistency(older, newer, leaves)))).to.equal(false);
          const root = rootOfInclusion({ ...proof, hashes: changed(inclusion(older - 1, newer, leaves)) });
          expect(root).not.to.equal(to.root);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('say nothing of sizes that do not fit', () => {
    expect(rootOfInclusion({ leaf: rootOf(1), index: 1, size: 1, hashes: [] })).to.equal(undefined);
    expect(rootOfInclusion({ leaf: rootOf(1), index: -1, size: 1, hashes: [] })).to.equal(undefined);
    expect(rootOfInclusion({ leaf: rootOf(1), index: 0, size: 0, hashes: [] })).to.equal(undefined);
    expect(isConsistent({ size: 2, root: rootOf(2) }, { size: 1, root: rootOf(1) }, [])).to.equal(false);
    expect(isConsistent({ size: 2, root: rootOf(2) }, { size: 2, root: rootOf(1) }, [])).to.equal(false);
    expect(isConsistent({ size: 0, root: new RightEdge().root() }, { size: 2, root: rootOf(2) }, [])).to.equal(true);
  });
});

describe('the right edge', () => {
  it('goes on after it was stored, and is refused with another number of hashes', () => {
    const whole = edgeOf(hashes);
    for (let at = 0; at <= hashes.length; at++) {
      const before = edgeOf(hashes.slice(0, at));
      const stored = new RightEdge(before.size, before.hashes);
      for (const leaf of hashes.slice(at)) stored.add(leaf);
      expect(stored.root(), `after ${at}`).to.equal(whole.root());
    }
    expect(() => new RightEdge(3, hashes.slice(0, 1))).to.throw(RangeError, 'The right edge of 3 leaves has 2 hashes');
    expect(() => new RightEdge(-1)).to.throw(RangeError);
  });
});

function flipped(base64: string, bit: number): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = Math.floor(bit / 8);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 8));
  return bytes.toString('base64');
}
