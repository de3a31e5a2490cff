/** A field of a message: its number, at most 15, and its value. `undefined` leaves the field out. */
export type Field = readonly [number: number, value: string | Uint8Array | bigint | number | undefined];

/** The wire types. */
const [VARINT, FIXED_64, BYTES, FIXED_32] = [0, 1, 2, 5];
/** The most bytes of a tag and a varint. */
const LONGEST_VARINT = 11;

/**
 * Encodes a message. Messages in it, and repeated fields, are fields of encoded bytes. The generated code of the
 * vendor's clients takes several times as long, which was a sixth of a command (ADR 0010).
 */
export function encode(...fields: readonly Field[]): Buffer {
  const bytes = Buffer.allocUnsafe(fields.reduce((most, field) => most + longest(field), 0));
  let end = 0;
  for (const [number, value] of fields) {
    if (value === undefined) continue;
    const isVarint = typeof value === 'number' || typeof value === 'bigint';
    bytes[end++] = number * 8 + (isVarint ? VARINT : BYTES);
    end = isVarint ? writeVarint(bytes, end, value) : writeBytes(bytes, end, value);
  }
  return bytes.subarray(0, end);
}

function longest([, value]: Field): number {
  if (value instanceof Uint8Array) return LONGEST_VARINT + value.length;
  return LONGEST_VARINT + (typeof value === 'string' ? 3 * value.length : 0);
}

function writeBytes(bytes: Buffer, from: number, value: string | Uint8Array): number {
  const isText = typeof value === 'string';
  const length = isText ? Buffer.byteLength(value) : value.length;
  const start = writeVarint(bytes, from, length);
  if (isText) bytes.write(value, start);
  else bytes.set(value, start);
  return start + length;
}

function writeVarint(bytes: Buffer, from: number, value: number | bigint): number {
  let [end, high] = [from, BigInt(value)];
  for (; high > Number.MAX_SAFE_INTEGER; high >>= 7n) bytes[end++] = Number(high & 127n) | 128;
  let low = Number(high);
  for (; low > 127; low = Math.floor(low / 128)) bytes[end++] = (low % 128) | 128;
  bytes[end++] = low;
  return end;
}

/** The fields of a received message. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;
  readonly #numbers: number[] = [];
  readonly #values: (Buffer | number | bigint)[] = [];

  /** @throws RangeError when the bytes are not a message. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    while (this.#at < bytes.length) this.#readField();
  }

  has(number: number): boolean {
    return this.#numbers.includes(number);
  }

  /** The bytes of a field; none when it is absent. */
  bytes(number: number): Buffer {
    const value = this.#values[this.#numbers.lastIndexOf(number)];
    return typeof value === 'object' ? value : Buffer.of();
  }

  /** The text of a field; empty when it is absent. */
  text(number: number): string {
    return this.bytes(number).toString('utf8');
  }

  /** An unsigned integer; 0 when it is absent. */
  integer(number: number): bigint {
    const value = this.#values[this.#numbers.lastIndexOf(number)];
    return typeof value === 'object' ? 0n : BigInt(value ?? 0);
  }

  /** The message in a field; `undefined` when it is absent. */
  message(number: number): Fields | undefined {
    return this.has(number) ? new Fields(this.bytes(number)) : undefined;
  }

  /** The value under a key, where the field is a map from text to text. */
  entry(number: number, key: string): string | undefined {
    for (const [index, each] of this.#numbers.entries()) {
      const value = this.#values[index];
      const entry = each === number && typeof value === 'object' ? new Fields(value) : undefined;
      if (entry?.text(1) === key) return entry.text(2);
    }
    return undefined;
  }

  #readField(): void {
    const tag = Number(this.#readVarint());
    const value = this.#readValue(tag % 8);
    this.#numbers.push(Math.floor(tag / 8));
    this.#values.push(value);
  }

  #readValue(wireType: number): Buffer | number | bigint {
    switch (wireType) {
      case VARINT:
        return this.#readVarint();
      case BYTES:
        return this.#read(Number(this.#readVarint()));
      case FIXED_64:
        return this.#read(8);
      case FIXED_32:
        return this.#read(4);
      default:
        throw new RangeError(`expected a field of a message, got the wire type ${wireType}`);
    }
  }

  /** A number where it is exact, because bigints are much slower. */
  #readVarint(): number | bigint {
    let low = 0;
    for (let scale = 1; scale < 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw endedEarly();
      low += (byte & 127) * scale;
      if (byte < 128) return low;
    }
    return BigInt(low) + (BigInt(this.#readVarint()) << 49n);
  }

  #read(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw endedEarly();
    return this.#bytes.subarray(from, this.#at);
  }
}

function endedEarly(): RangeError {
  return new RangeError('a message ends within a field');
}
