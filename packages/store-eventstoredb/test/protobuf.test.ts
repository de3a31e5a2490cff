import { encode, Fields } from '#insides';
import { expect } from 'chai';
import jspb from 'google-protobuf';
import { describe, it } from 'mocha';

/** The least and the largest number of each length on the wire, and those at which a double is no longer exact. */
const NUMBERS = [
  0n,
  ...Array.from({ length: 9 }, (_, index) => 2n ** BigInt(7 * (index + 1))).flatMap((least) => [least - 1n, least]),
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];
const TEXTS = ['', 'a', 'policy-ä€𐍈', '\u0000', 'x'.repeat(127), 'x'.repeat(128), '€'.repeat(20_000)];

describe('messages are written and read as google-protobuf does', () => {
  for (const number of NUMBERS)
    it(`the number ${number}`, () => {
      const reader = new jspb.BinaryReader(new Uint8Array(encode([5, number])));
      reader.nextField();
      expect([reader.getFieldNumber(), reader.readUint64String()]).to.deep.equal([5, String(number)]);
      const writer = new jspb.BinaryWriter();
      writer.writeUint64String(5, String(number));
      expect(new Fields(Buffer.from(writer.getResultBuffer())).integer(5)).to.equal(number);
    });

  for (const text of TEXTS)
    it(`a text of ${text.length} characters that begins with ${JSON.stringify(text.slice(0, 10))}`, () => {
      const reader = new jspb.BinaryReader(new Uint8Array(encode([3, text], [4, Buffer.from(text)])));
      reader.nextField();
      expect(reader.readString()).to.equal(text);
      reader.nextField();
      expect(Buffer.from(reader.readBytes()).toString()).to.equal(text);
      const writer = new jspb.BinaryWriter();
      writer.writeString(3, text);
      expect(new Fields(Buffer.from(writer.getResultBuffer())).text(3)).to.equal(text);
    });

  it('fields that this store does not know are passed over', () => {
    const writer = new jspb.BinaryWriter();
    writer.writeFixed64(900, 7);
    writer.writeFloat(901, 0.5);
    writer.writeString(1, 'known');
    writer.writeInt64(902, -1);
    expect(new Fields(Buffer.from(writer.getResultBuffer())).text(1)).to.equal('known');
  });

  for (const [what, bytes] of [
    ['ends within a number', Buffer.from([0x08, 0x80])],
    ['ends within a text', Buffer.from([0x0a, 0x05, 0x61])],
    ['has no known wire type', Buffer.from([0x0f])],
    ['is a number without an end', Buffer.alloc(100_000, 0x80)],
  ] as const)
    it(`one that ${what} is refused`, () => {
      expect(() => new Fields(bytes)).to.throw(RangeError);
    });
});
