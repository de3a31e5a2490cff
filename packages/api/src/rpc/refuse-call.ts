import { Code, ConnectError } from '@connectrpc/connect';
import { codeToHttpStatus, contentTypeUnaryRegExp, errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import type { ApiError } from '../errors/api-error.js';
import { refuse } from '../rest/rest-skin.js';
import type { Exchange } from '../server/exchange.js';
import { anyWire } from './grpc-wire.js';

/** Answers a call with an error in the protocol it came by; as REST does what came by none. */
export function refuseCall(exchange: Exchange, error: ApiError): void {
  const wire = anyWire(exchange);
  if (wire !== undefined) wire.fail(exchange, error);
  else if (contentTypeUnaryRegExp.test(exchange.headers.get('content-type') ?? '')) refuseOverConnect(exchange, error);
  else refuse(exchange, error);
}

function refuseOverConnect(exchange: Exchange, error: ApiError): void {
  const details = [{ desc: ErrorDetailSchema, value: { id: error.id, message: error.sentence } }];
  const code = codeOf(error);
  const body = errorToJsonBytes(new ConnectError(error.message, code, undefined, details), undefined);
  const type = { 'content-type': 'application/json', 'content-length': body.length };
  const status = codeToHttpStatus(code);
  exchange.send({ status, headers: { ...exchange.answerHeaders(), ...error.headers, ...type }, body });
  exchange.answered('connect', status, error);
}

function codeOf({ code }: ApiError): Code {
  return Object.values(Code).find((known): known is Code => known === code) ?? Code.Internal;
}
