import type {
  CallOptions,
  Client,
  ClientDuplexStream,
  ClientReadableStream,
  ClientWritableStream,
  Metadata,
  requestCallback,
} from '@grpc/grpc-js';
import { batchAnswerIn, isWrittenIn, readMessageIn, type BatchAnswer, type ReadMessage } from './answers.js';

const SERVICE = '/event_store.client.streams.Streams';

/** Starts calls on one connection, with the metadata and options of every call. */
export class Calls {
  readonly #client: Client;
  readonly #metadata: Metadata;
  readonly #options: CallOptions;

  constructor(client: Client, metadata: Metadata, options: CallOptions) {
    this.#client = client;
    this.#metadata = metadata;
    this.#options = options;
  }

  read(request: Buffer): ClientReadableStream<ReadMessage> {
    const [client, metadata, options] = [this.#client, this.#metadata, this.#options];
    return client.makeServerStreamRequest(`${SERVICE}/Read`, encoded, readMessageIn, request, metadata, options);
  }

  batchAppend(): ClientDuplexStream<Buffer, BatchAnswer> {
    const [client, metadata, options] = [this.#client, this.#metadata, this.#options];
    return client.makeBidiStreamRequest(`${SERVICE}/BatchAppend`, encoded, batchAnswerIn, metadata, options);
  }

  /** Answers whether the events were written. */
  append(settle: requestCallback<boolean>): ClientWritableStream<Buffer> {
    const [client, metadata, options] = [this.#client, this.#metadata, this.#options];
    return client.makeClientStreamRequest(`${SERVICE}/Append`, encoded, isWrittenIn, metadata, options, settle);
  }
}

/** Requests are encoded before. */
function encoded(request: Buffer): Buffer {
  return request;
}
