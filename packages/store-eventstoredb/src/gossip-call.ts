import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import type { requestCallback } from '@grpc/grpc-js';
import type { Channel } from './channel-watch.js';
import type { CallArguments } from './connection.js';

/** A running question for the gossip, and the channel it was sent on. */
interface GossipCall {
  readonly answer: Promise<ClusterInfo>;
  readonly channel: Channel;
  readonly cancel: () => void;
}

/** Asks for the gossip, on the channel of the other calls. @throws Error when the channel is closed. */
export function gossipCall({ streams, metadata, options }: CallArguments): GossipCall {
  const { path, requestSerialize, responseDeserialize } = gossipGrpc.GossipService.read;
  let settle: requestCallback<ClusterInfo> = () => undefined;
  const answer = new Promise<ClusterInfo>((resolve, reject) => {
    settle = (error, cluster) => (cluster === undefined ? reject(error ?? new Error('no gossip')) : resolve(cluster));
  });
  const [channel, request] = [streams.getChannel(), new shared.Empty()];
  // Without a deadline of gRPC's own: after a blocked event loop, it drops an answer that has arrived.
  const call = streams.makeUnaryRequest(
    path,
    requestSerialize,
    responseDeserialize,
    request,
    metadata,
    options,
    settle,
  );
  return { answer, channel, cancel: () => call.cancel() };
}
