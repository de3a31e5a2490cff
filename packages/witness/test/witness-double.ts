import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { verifyProof } from '@login-policy/witness';
import { KEY } from './histories.js';

/** A witness as c2sp.org/tlog-witness describes it, for one log. */
export class WitnessDouble {
  readonly name = 'witness.example/w1';
  readonly publicKey: string;
  readonly #keys = generateKeyPairSync('ed25519');
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  /** What it cosigned last. */
  note = '';
  /** The sizes that it was asked about as old ones. */
  readonly asked: number[] = [];
  isDown = false;

  private constructor() {
    const der = this.#keys.publicKey.export({ format: 'der', type: 'spki' });
    const typed = Buffer.concat([Buffer.of(0x04), der.subarray(-32)]);
    this.publicKey = `${this.name}+${keyId(this.name, typed).toString('hex')}+${typed.toString('base64')}`;
  }

  static async start(): Promise<WitnessDouble> {
    const double = new WitnessDouble();
    double.#server.listen(0, '127.0.0.1');
    await once(double.#server, 'listening');
    return double;
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}/prefix/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { status, said } = this.#cosign(request.url === '/prefix/add-checkpoint' ? body : '');
    response.writeHead(status, { 'content-type': status === 409 ? 'text/x.tlog.size' : 'text/plain' }).end(said);
  }

  #cosign(body: string): { readonly status: number; readonly said: string } {
    if (this.isDown) return { status: 503, said: 'later\n' };
    const [, old] = /^old (\d+)\n/.exec(body) ?? [];
    if (old === undefined) return { status: 400, said: '' };
    this.asked.push(Number(old));
    const size = Number(this.note.split('\n')[1] ?? 0);
    if (Number(old) !== size) return { status: 409, said: `${size}\n` };
    const note = body.slice(body.indexOf('\n\n') + 2);
    const isShown =
      size === 0 || verifyProof(body, { publicKey: KEY.publicKey, older: this.note }).outcome === 'verified';
    if (!isShown) return { status: 422, said: '' };
    this.note = note;
    return { status: 200, said: this.#signatureOf(note.slice(0, note.indexOf('\n\n') + 1)) };
  }

  #signatureOf(body: string): string {
    const time = 1_679_315_147;
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${body}`), this.#keys.privateKey);
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(time));
    const id = Buffer.from(this.publicKey.split('+')[1] ?? '', 'hex');
    return `— ${this.name} ${Buffer.concat([id, stamp, signature]).toString('base64')}\n`;
  }
}

/** Where a server listens. */
export function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server does not listen.');
  return address.port;
}

function keyId(name: string, typedKey: Buffer): Buffer {
  return createHash('sha256').update(`${name}\n`).update(typedKey).digest().subarray(0, 4);
}
