import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { Duplex } from 'node:stream';
import { setImmediate as otherWork, setTimeout as pause } from 'node:timers/promises';
import { untilClosedOrTimeout, type Attack } from './attack.js';
import { damaged, type Chance } from './chance.js';
import { anyCall, headersOf } from './http2.js';
import type { Caller } from './callers.js';

const PREFACE_LENGTH = 24;
const HEADER_BYTES = 9;
const TYPES = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
};

/** The bytes that Node's client sends to a server that never answers: some whole calls. */
async function recordClientBytes(caller: Caller, chance: Chance): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const neverAnswering = new Duplex({
    read: () => undefined,
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const session = connectHttp2('http://ours.test', { createConnection: () => neverAnswering });
  session.on('error', () => undefined);
  for (let count = 1 + chance.below(4); count > 0; count--) {
    const call = anyCall(chance);
    try {
      session
        .request(headersOf(call, caller, chance))
        .on('error', () => undefined)
        .end(call.body.subarray(0, 9000));
    } catch {
      // Headers that Node's client can't send.
    }
  }
  for (let turn = 0; turn < 10; turn++) await otherWork();
  session.destroy();
  return Buffer.concat(chunks);
}

/** Splits bytes into frames. */
function framesIn(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const end = at + HEADER_BYTES + bytes.readUIntBE(at, 3);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

interface Content {
  readonly payload?: Buffer;
  readonly stream?: number;
}

function frame(type: number, flags: number, { payload = Buffer.alloc(0), stream = 0 }: Content = {}): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Frames that no honest client sends, or not in this number. */
function oddFrames(chance: Chance): readonly Buffer[] {
  const stream = chance.pick([0, 1, 1, 3, 5, 2, 2 ** 31 - 1]);
  const payload = chance.bytes(chance.pick([0, 4, 4, 5, 8, 8, 40]));
  const flags = chance.pick([0, 1, 4, 5, 0x0d, 0x25, 0xff]);
  const one = frame(chance.pick([...Object.values(TYPES), 10, 99, 255]), flags, { payload, stream });
  const number = Buffer.alloc(4);
  number.writeUInt32BE(chance.pick([0, 1, 8, 2 ** 31 - 1]));
  const floods = [
    frame(TYPES.ping, 0, { payload: Buffer.alloc(8) }),
    frame(TYPES.settings, 0),
    frame(TYPES.settings, 0, { payload: Buffer.from('000400000000', 'hex') }),
    frame(TYPES.reset, 0, { payload: number, stream: 1 }),
    frame(TYPES.window, 0, { payload: number, stream }),
    frame(TYPES.data, 0, { stream: 1 }),
    frame(TYPES.continuation, 0, { stream: 1 }),
    frame(TYPES.goAway, 0, { payload: Buffer.concat([number, number]) }),
    one,
  ];
  return Array.from({ length: chance.oneIn(6) ? 2000 : 1 }, () => chance.pick([chance.pick(floods), one]));
}

type FrameChange = (frames: Buffer[], chance: Chance) => void;

const FRAME_CHANGES: readonly FrameChange[] = [
  (frames, chance) => frames.splice(chance.below(frames.length), 1),
  (frames, chance) => frames.splice(chance.below(frames.length), 0, chance.pick(frames)),
  (frames, chance) => frames.splice(chance.below(frames.length), 0, ...frames.splice(chance.below(frames.length), 1)),
  (frames, chance) => frames.splice(chance.below(frames.length + 1), 0, ...oddFrames(chance)),
  (frames, chance) => {
    const index = chance.below(frames.length);
    frames[index] = damaged(chance.pick(frames), chance);
  },
  // The same streams opened and reset a thousand times, each with a new id.
  (frames, chance) => {
    const [headers] = frames.filter((one) => one[3] === TYPES.headers);
    if (headers === undefined || !chance.oneIn(4)) return;
    for (let stream = 101; stream < 2001; stream += 2) {
      const opened = Buffer.from(headers);
      opened.writeUInt32BE(stream, 5);
      frames.push(opened, frame(TYPES.reset, 0, { payload: Buffer.from([0, 0, 0, 8]), stream }));
    }
  },
];

/** The bytes of a client, with frames removed, duplicated, swapped, damaged and inserted, in few packets. */
export const frames: Attack = async ({ anyCaller, chance, port, check }) => {
  const caller = anyCaller(chance);
  const clientBytes = await recordClientBytes(caller, chance);
  const changed = framesIn(clientBytes.subarray(PREFACE_LENGTH));
  check.countRequests(changed.filter((one) => one[3] === TYPES.headers).length);
  for (let count = chance.below(4); count > 0 && changed.length > 0; count--)
    chance.pick(FRAME_CHANGES)(changed, chance);
  const bytes = Buffer.concat([clientBytes.subarray(0, PREFACE_LENGTH), ...changed]);
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.on('error', () => undefined);
  const received: Buffer[] = [];
  if (!chance.oneIn(6)) socket.on('data', (chunk: Buffer) => received.push(chunk));
  for (const piece of chance.split(bytes, chance.pick([0, 0, 3]))) {
    if (!socket.destroyed) socket.write(piece);
    await pause(chance.below(5));
  }
  await untilClosedOrTimeout(socket);
  socket.destroy();
  // Compressed headers are not decoded; bodies are sent uncompressed.
  check.checkBytes(Buffer.concat(received).toString('latin1'), caller);
};
