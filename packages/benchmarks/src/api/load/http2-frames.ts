/** The types of frames of HTTP/2 that a client of unary calls meets. */
export const FRAMES = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;

/** END_STREAM on data and headers, ACK on settings and pings. */
export const LAST = 1;
const END_HEADERS = 4;
const HEAD = 9;

/** One frame of HTTP/2. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** Writes a frame. */
export function frameOf({ type, flags, stream, payload }: Frame): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** How a client begins: the preface, empty settings, and a window that never has to be opened again. */
export const OPENING: Buffer = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frameOf({ type: FRAMES.settings, flags: 0, stream: 0, payload: Buffer.alloc(0) }),
  frameOf({ type: FRAMES.windowUpdate, flags: 0, stream: 0, payload: Buffer.from([0x7f, 0xff, 0, 0]) }),
]);

/** What a client answers to settings. */
export const SETTINGS_KNOWN: Buffer = frameOf({
  type: FRAMES.settings,
  flags: LAST,
  stream: 0,
  payload: Buffer.alloc(0),
});

/** A whole call, headers and message; {@link asStream} makes it one of a stream. */
export function callOf(headers: Readonly<Record<string, string>>, message: Buffer): Buffer {
  const block = Buffer.concat(Object.entries(headers).map(([name, value]) => literal(name, value)));
  return Buffer.concat([
    frameOf({ type: FRAMES.headers, flags: END_HEADERS, stream: 1, payload: block }),
    frameOf({ type: FRAMES.data, flags: LAST, stream: 1, payload: message }),
  ]);
}

/** The same call on another stream. */
export function asStream(call: Buffer, stream: number): Buffer {
  const copy = Buffer.from(call);
  copy.writeUInt32BE(stream, 5);
  copy.writeUInt32BE(stream, HEAD + copy.readUIntBE(0, 3) + 5);
  return copy;
}

/** A header that neither side has to remember. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), sized(name), sized(value)]);
}

function sized(text: string): Buffer {
  if (text.length > 126) throw new RangeError(`${text} is longer than its length fits into one byte`);
  return Buffer.from(`${String.fromCharCode(text.length)}${text}`, 'latin1');
}

/** Takes whole frames out of what came, and keeps the rest. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  read(piece: Buffer, each: (frame: Frame) => void): void {
    let left = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    while (left.length >= HEAD) {
      const end = HEAD + left.readUIntBE(0, 3);
      if (left.length < end) break;
      const [type, flags, stream] = [left.readUInt8(3), left.readUInt8(4), left.readUInt32BE(5)];
      each({ type, flags, stream, payload: left.subarray(HEAD, end) });
      left = left.subarray(end);
    }
    this.#held = left;
  }
}
