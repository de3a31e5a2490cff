import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Certificate } from '../certificate.js';
import { CuttableWire } from './cuttable-wire.js';
import type { EventLog } from './event-log.js';
import type { FaultScript } from './fault-script.js';
import { ServerState, type ServerMode } from './server-state.js';
import {
  featuresDefinition,
  featuresServiceOf,
  gossipDefinition,
  gossipServiceOf,
  streamsDefinition,
  streamsServiceOf,
  type Member,
} from './services.js';

/**
 * A server of EventStoreDB's gRPC protocol inside this process: streams, `$all`, filters, subscriptions, deletes,
 * server features and gossip, on 127.0.0.1. "Reference" and "checklist" in its files are
 * `shared/reference/eventstoredb-protocol.md` and its section 8: each rule names the fact it stands for, so that a real
 * server can be held against it. Subscriptions to single streams, persistent ones and projections are not in it.
 */
export class Double {
  readonly #state = new ServerState();
  readonly #members: Member[] = [];
  readonly #credentials: ServerCredentials;
  #server: Server;
  #wire: CuttableWire | undefined;
  #port = 0;

  private constructor(credentials: ServerCredentials) {
    this.#credentials = credentials;
    this.#server = this.#makeServer();
  }

  /** Starts one that clients reach directly. */
  static async start(): Promise<Double> {
    const double = new Double(ServerCredentials.createInsecure());
    await double.#listen(0);
    return double;
  }

  /** Starts one that speaks TLS and asks who calls. */
  static async startWithTls({ key, certificate }: Certificate, users: readonly string[]): Promise<Double> {
    const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) };
    const double = new Double(ServerCredentials.createSsl(null, [pair]));
    double.mode.users = users;
    await double.#listen(0);
    return double;
  }

  /** Starts one behind a {@link CuttableWire}. */
  static async startBehindWire(): Promise<Double> {
    const double = await Double.start();
    double.#wire = await CuttableWire.to(double.#port);
    double.#state.cut = () => double.wire.cut();
    double.#state.cutInside = () => double.wire.cutInside();
    double.#state.holdAnswers = () => double.wire.stallAnswers();
    return double;
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  get port(): number {
    return this.#wire?.port ?? this.#port;
  }

  get wire(): CuttableWire {
    if (this.#wire === undefined) throw new Error('this double has no wire to cut');
    return this.#wire;
  }

  get log(): EventLog {
    return this.#state.log;
  }

  get script(): FaultScript {
    return this.#state.script;
  }

  get mode(): ServerMode {
    return this.#state.mode;
  }

  /** Calls that clients have open now, other than those that end with their answer. */
  get openCalls(): number {
    return this.#state.openCalls;
  }

  /** How often a subscriber was too slow for the live buffer. */
  get overflows(): number {
    return this.#state.overflows;
  }

  /** How many calls came: reads, appends, and appends of a batch. */
  get calls(): number {
    return this.#state.calls;
  }

  /** How many of them were reads of the whole log. */
  get logReads(): number {
    return this.#state.logReads;
  }

  /** How many appends without events came. */
  get barriers(): number {
    return this.#state.barriers;
  }

  /** How many records reads of everything looked at. */
  get considered(): number {
    return this.#state.considered;
  }

  /** How many messages were sent to readers and subscribers. */
  get sent(): number {
    return this.#state.sent;
  }

  /** The id cache is gone, as after a restart or with a new leader. */
  forgetIds(): void {
    this.#state.appender.forgetIds();
  }

  /** What gossip answers. Without any, the double is its own cluster of one, in the state of its mode. */
  setMembers(members: readonly Member[]): void {
    this.#members.splice(0, Infinity, ...members);
  }

  /** Ends all calls and connections and comes back on the same port with the same log, and an empty id cache. */
  async restart(): Promise<void> {
    this.#server.forceShutdown();
    this.forgetIds();
    this.log.writeHidden();
    this.#server = this.#makeServer();
    await this.#listen(this.#port);
  }

  async stop(): Promise<void> {
    // An open batch call blocks a graceful stop forever (D14).
    this.#server.forceShutdown();
    await this.#wire?.close();
  }

  #makeServer(): Server {
    const server = new Server({
      // One message on Streams may have 16,767,216 bytes (checklist 14); grpc-js would stop at 4 MiB.
      'grpc.max_receive_message_length': 16_767_216,
      'grpc.max_send_message_length': -1,
      // Kestrel's default, which the server leaves as it is.
      'grpc.max_concurrent_streams': 100,
    });
    server.addService(streamsDefinition, streamsServiceOf(this.#state));
    server.addService(featuresDefinition, featuresServiceOf(this.#state));
    server.addService(
      gossipDefinition,
      gossipServiceOf(this.#state, () => (this.#members.length > 0 ? this.#members : [this.#self()])),
    );
    return server;
  }

  /** A node alone is its own cluster of one. */
  #self(): Member {
    return { host: '127.0.0.1', port: this.port, state: this.mode.office === 'elected' ? 7 : 8 };
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, this.#credentials, (error, bound) => {
        if (error !== null) return reject(error);
        this.#port = bound;
        return resolve();
      });
    });
  }
}
