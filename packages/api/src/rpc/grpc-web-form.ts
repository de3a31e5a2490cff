import { toBase64 } from '../server/base64.js';
import type { Exchange } from '../server/exchange.js';

/** How the frames of gRPC-Web stand in a body: as they are, or in base64 for clients that can handle text only. */
export interface WebForm {
  readonly type: string;
  /** The frames of a request. @throws ApiError */
  readonly read: (exchange: Exchange) => Promise<Uint8Array>;
  /** A part of an answer. */
  readonly encode: (frames: Uint8Array) => Uint8Array;
}

/** `application/grpc-web`. */
export const WEB: WebForm = {
  type: 'application/grpc-web+proto',
  read: (exchange) => exchange.body(),
  encode: (frames) => frames,
};

/** `application/grpc-web-text`: each part that is sent is padded, so that parts can be read as they come. */
export const WEB_TEXT: WebForm = {
  type: 'application/grpc-web-text+proto',
  read: (exchange) => exchange.bodyOfBase64(),
  encode: toBase64,
};

/** The form a client accepts, as the protocol has it say; `undefined` when it does not: then it is that of the request. */
export function wantedForm(accept: string | undefined): WebForm | undefined {
  const name = accept === undefined ? undefined : /application\/grpc-web(-text)?(?=[\s,;+]|$)/i.exec(accept);
  if (name === undefined || name === null) return undefined;
  return name[1] === undefined ? WEB : WEB_TEXT;
}
