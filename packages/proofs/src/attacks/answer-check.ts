import { ownerOfStream } from '@login-policy/domain/model';
import type { EventStore, Position, RecordedEvent } from '@login-policy/event-sourcing';
import type { Caller } from './callers.js';
import { INSTANCES, WRITERS } from './fixtures.js';

/** An answer: its status, and all of its headers, body and trailers as one text. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

const ALLOWED_5XX = [501, 503, 504];
/** The answer says that it is unknown whether the change was made. */
const OUTCOME_UNKNOWN = 'LP-STORE-03';

/** Compares all answers with all that is written to the log. */
export class AnswerCheck {
  /** The accepted requests of this round and the previous one, by id; a repeated one may have been accepted once. */
  #accepted = new Map<string, boolean>();
  #acceptedBefore = new Map<string, boolean>();
  #after: Position | undefined;
  #requests = 0;
  #granted = 0;
  #refusals = 0;
  #events = 0;

  /** Counts requests, or bytes that may be taken for requests. */
  countRequests(requests: number): void {
    this.#requests += requests;
  }

  /** Checks an answer. @throws Error when it reveals a defect, or something the caller may not see. */
  checkAnswer({ status, text: raw }: Answer, { of }: Pick<Caller, 'of'>): void {
    const text = readable(raw);
    const grpcStatus = Number(/grpc-status: ?(\d+)/i.exec(text)?.[1] ?? 0);
    const isDefect = (status >= 500 && !ALLOWED_5XX.includes(status)) || grpcStatus === 13 || grpcStatus === 2;
    if (isDefect || /\((?:LP|IAM)-500\)/.test(text))
      throw new Error(`a defect was answered: ${status} ${text.slice(0, 600)}`);
    this.checkBytes(text, { of });
    const isGranted = status < 400 && grpcStatus === 0;
    if (isGranted) this.#granted++;
    else this.#refusals++;
    const id = /x-request-id: ?(\S+)/i.exec(text)?.[1];
    if (id !== undefined && !text.includes(OUTCOME_UNKNOWN))
      this.#accepted.set(id, isGranted || this.#accepted.get(id) === true);
  }

  /**
   * Checks bytes in which answers can't be told apart.
   *
   * @throws Error when they contain something the caller may not see
   */
  checkBytes(text: string, { of }: Pick<Caller, 'of'>): void {
    const leak = INSTANCES.find((instance) => instance !== of && text.includes(instance.secret));
    if (leak !== undefined)
      throw new Error(`data of ${leak.id} was sent to another instance's caller: ${text.slice(0, 2000)}`);
  }

  /** Checks what was written since the last call. @throws Error when nobody may have written it. */
  async checkLog(store: EventStore): Promise<void> {
    const options = this.#after === undefined ? {} : { after: this.#after };
    for await (const page of store.readAll(options)) {
      for (const event of page) this.#demandAllowed(event);
      this.#events += page.length;
      this.#after = page.at(-1)?.position ?? this.#after;
    }
    this.#acceptedBefore = this.#accepted;
    this.#accepted = new Map();
  }

  #demandAllowed({ metadata, streamId, type }: RecordedEvent): void {
    const { actor, correlationId } = metadata;
    const instanceId = ownerOfStream(streamId)?.instanceId ?? 'nobody';
    if (WRITERS[instanceId]?.includes(actor) !== true) throw new Error(`${actor} wrote ${type} in ${instanceId}`);
    const isRefused = [this.#accepted, this.#acceptedBefore].some((accepted) => accepted.get(correlationId) === false);
    if (isRefused) throw new Error(`${type} was written by a request that was refused: ${correlationId}`);
  }

  get figures(): Readonly<Record<string, number>> {
    return {
      requests: this.#requests,
      granted: this.#granted,
      refused: this.#refusals,
      'events written': this.#events,
    };
  }
}

/** The text of an answer, with its base64 parts decoded. */
function readable(text: string): string {
  if (!text.includes('grpc-web-text')) return text;
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return `${text}\r\n${Buffer.from(body, 'base64').toString('latin1')}`;
}
