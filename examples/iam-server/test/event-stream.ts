import type { IncomingMessage } from 'node:http';
import { responseTo, send } from './client.js';
import { eventually } from './waiting.js';

/** An event a page is told. */
export interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: {
    readonly instanceId?: string;
    readonly organizationId?: string;
    readonly sequence?: string;
    readonly position?: string;
  };
}

/** A page that follows the changes. */
export class EventStream {
  readonly response: IncomingMessage;
  readonly events: Told[] = [];
  #rest = '';
  #furthest = 0n;
  #isOver = false;

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.#take(chunk));
    response.once('close', () => (this.#isOver = true));
    response.on('error', () => undefined);
  }

  /** Follows, whatever comes of it. */
  static async begin(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
    const sent = send(url, '/iam/v1/changes', { headers });
    sent.end();
    return new EventStream(await responseTo(sent));
  }

  /** Follows, and waits until the server is ready to tell. */
  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
    const stream = await EventStream.begin(url, headers);
    if (stream.response.statusCode === 200) await stream.told('ready');
    return stream;
  }

  #take(chunk: string): void {
    const parts = `${this.#rest}${chunk}`.split('\n\n');
    this.#rest = parts.pop() ?? '';
    for (const part of parts) {
      const [, id = '', event = '', data = ''] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (event === '') continue;
      // A reader that is cut off goes on from the last id: what stands behind an earlier one would be told twice.
      if (event !== 'reset' && BigInt(id) < this.#furthest) throw new Error(`${event} ${id} after ${this.#furthest}`);
      this.#furthest = BigInt(id);
      this.events.push({ id, event, data: JSON.parse(data) });
    }
  }

  /** The first event of a kind that fits, waited for. */
  told(event: string, fits: (data: Told['data']) => boolean = () => true): Promise<Told> {
    return eventually(`an event "${event}"`, () => this.events.find((told) => told.event === event && fits(told.data)));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Resolves when it is over: whether the server has `ended` it, or cut it off. */
  async over(): Promise<'ended' | 'cut off'> {
    await eventually('the end of the stream', () => this.#isOver || undefined);
    return this.response.complete ? 'ended' : 'cut off';
  }

  leave(): void {
    this.response.destroy();
  }
}
