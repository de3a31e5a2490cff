import { create, toBinary } from '@bufbuild/protobuf';
import { ERROR_DETAIL } from '../contract/descriptors.js';
import { statusOfCode, type ApiError, type ErrorDetail } from '../errors/api-error.js';
import { decompressed } from './compression.js';
import { jsonAnswer, withContentType, type MessageForm, type Wire } from './wire.js';

/** Connect: one message is the whole body, and the outcome of a call is the HTTP status. */
function connect(form: MessageForm): Wire {
  return {
    protocol: 'connect',
    form,
    headers: { compression: 'content-encoding', accepted: 'accept-encoding', timeout: 'connect-timeout-ms' },
    async readMessage(exchange, compression) {
      const body = await exchange.body();
      return compression === undefined ? body : decompressed(body, { compression, maxBytes: exchange.maxBytes });
    },
    succeed(headers, message, compression) {
      if (compression !== undefined) headers['content-encoding'] = compression.name;
      return { status: 200, headers: withContentType(headers, `application/${form}`, message.length), body: message };
    },
    fail: (headers, error) => jsonAnswer(headers, statusOfCode(error.codeName), errorJson(error)),
  };
}

const WIRES = { proto: connect('proto'), json: connect('json') };

/** The wire of a unary Connect call; `undefined` for any other content type. */
export function connectWire(type: string): Wire | undefined {
  const form = /^application\/(?:(json)(?:; ?charset=utf-?8)?|proto)$/i.exec(type);
  return form === null ? undefined : WIRES[form[1] === undefined ? 'proto' : 'json'];
}

/**
 * An error in Connect's format: the name of its code, the sentence, and its details, each a `zitadel.v1.ErrorDetail`.
 */
function errorJson({ codeName, details, message }: ApiError): string {
  const code = codeName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return JSON.stringify({ code, message, details: details.map(detailJson) });
}

function detailJson(debug: ErrorDetail): object {
  const bytes = toBinary(ERROR_DETAIL, create(ERROR_DETAIL, { ...debug }));
  return { type: ERROR_DETAIL.typeName, value: Buffer.from(bytes).toString('base64').replace(/=+$/, ''), debug };
}
