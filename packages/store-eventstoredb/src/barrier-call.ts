import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { requestCallback } from '@grpc/grpc-js';
import type { CallArguments } from './connection.js';
import { notShown } from './faults.js';
import { identifierOf } from './requests.js';

/** A running append without events. */
interface BarrierCall {
  readonly acknowledged: Promise<void>;
  readonly cancel: () => void;
}

/** Sends an append without events to a stream that has none, on the connection of the other calls. */
export function barrierCall({ streams: stub, metadata, options }: CallArguments, streamName: string): BarrierCall {
  let settle: requestCallback<streams.AppendResp> = () => undefined;
  const acknowledged = new Promise<void>((resolve, reject) => {
    settle = (error, response) => {
      if (error !== null) return reject(error);
      // A node answers that the stream has events without asking the others.
      if (response?.hasSuccess() === true) return resolve();
      return reject(notShown(`the server refused an append without events to ${streamName}`));
    };
  });
  // Without a deadline of gRPC's own: after a blocked event loop, it drops an answer that has arrived.
  const call = stub.append(metadata, options, settle);
  call.write(requestFor(streamName));
  call.end();
  return { acknowledged, cancel: () => call.cancel() };
}

function requestFor(streamName: string): streams.AppendReq {
  const options = new streams.AppendReq.Options();
  options.setStreamIdentifier(identifierOf(streamName));
  options.setNoStream(new shared.Empty());
  const request = new streams.AppendReq();
  request.setOptions(options);
  return request;
}
