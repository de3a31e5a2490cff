import { connect, type Socket } from 'node:net';
import { asStream, FrameReader, frameOf, FRAMES, LAST, OPENING, SETTINGS_KNOWN, type Frame } from './http2-frames.js';

/** What goes over one connection of HTTP/2. */
export interface Http2Work {
  readonly port: number;
  /** The calls of each lane, made in turns; one of each lane is on its way at any time. */
  readonly lanes: readonly (readonly Buffer[])[];
  /** How many calls each lane makes. */
  readonly count: number;
}

/**
 * Calls, and reads no more of an answer than where it ends, so that asking costs less than answering: Node's own client
 * costs more than our server.
 *
 * @throws Error when a stream is reset or the connection ends. Whether calls were granted shows in what was recorded.
 */
export function askOverHttp2({ port, lanes, count }: Http2Work): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const caller = new Caller(socket, lanes, count);
    const reader = new FrameReader();
    socket.on('connect', () => caller.begin());
    socket.on('data', (piece) => {
      socket.cork();
      reader.read(piece, (frame) => caller.met(frame));
      socket.uncork();
      if (!caller.isDone) return;
      resolve();
      socket.destroy();
    });
    socket.on('error', reject).on('close', () => reject(new Error('the server closed the connection')));
  });
}

interface Turn {
  readonly calls: readonly Buffer[];
  asked: number;
}

class Caller {
  readonly #socket: Socket;
  readonly #turns: readonly Turn[];
  readonly #count: number;
  readonly #byStream = new Map<number, Turn>();
  #nextStream = 1;

  constructor(socket: Socket, calls: readonly (readonly Buffer[])[], count: number) {
    this.#socket = socket;
    this.#turns = calls.map((one) => ({ calls: one, asked: 0 }));
    this.#count = count;
  }

  get isDone(): boolean {
    return this.#byStream.size === 0;
  }

  begin(): void {
    this.#socket.cork();
    this.#socket.write(OPENING);
    for (const turn of this.#turns) this.#ask(turn);
    this.#socket.uncork();
  }

  met({ type, flags, stream, payload }: Frame): void {
    if (type === FRAMES.settings && (flags & LAST) === 0) this.#socket.write(SETTINGS_KNOWN);
    else if (type === FRAMES.ping && (flags & LAST) === 0)
      this.#socket.write(frameOf({ type, flags: LAST, stream, payload }));
    else if (type === FRAMES.reset || type === FRAMES.goAway)
      this.#socket.destroy(new Error(`frame ${type}: ${payload.toString('hex')}`));
    else if (type <= FRAMES.headers && (flags & LAST) !== 0) this.#answered(stream);
  }

  #answered(stream: number): void {
    const turn = this.#byStream.get(stream);
    this.#byStream.delete(stream);
    if (turn !== undefined) this.#ask(turn);
  }

  #ask(given: Turn): void {
    const turn = given;
    const call = turn.calls[turn.asked % turn.calls.length];
    if (turn.asked === this.#count || call === undefined) return;
    turn.asked += 1;
    this.#byStream.set(this.#nextStream, turn);
    this.#socket.write(asStream(call, this.#nextStream));
    this.#nextStream += 2;
  }
}
