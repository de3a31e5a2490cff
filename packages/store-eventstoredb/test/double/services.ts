import type { handleUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip from '@eventstore/db-client/generated/gossip_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import features from '@eventstore/db-client/generated/serverfeatures_pb.js';
import type shared from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { BatchAppendCall } from './batch-append-call.js';
import { uuidOf, type ReadMessage } from './messages.js';
import type { ReadingCall } from './outlet.js';
import { readCall } from './read-call.js';
import type { ServerState } from './server-state.js';
import { UNKNOWN } from './status.js';
import { appendCall, deleteCall, tombstoneCall } from './unary-calls.js';

/** The client's own definition, but a read's answers may be bytes already. */
export const streamsDefinition = {
  ...streamsGrpc.StreamsService,
  read: {
    ...streamsGrpc.StreamsService.read,
    responseSerialize: (message: ReadMessage): Buffer =>
      Buffer.isBuffer(message) ? message : Buffer.from(message.serializeBinary()),
  },
};

export const featuresDefinition = featuresGrpc.ServerFeaturesService;
export const gossipDefinition = gossipGrpc.GossipService;

export function streamsServiceOf(state: ServerState): UntypedServiceImplementation {
  return {
    append: (call: Parameters<typeof appendCall>[1], answer: Parameters<typeof appendCall>[2]) =>
      appendCall(state, call, answer),
    batchAppend: (call: ConstructorParameters<typeof BatchAppendCall>[1]) => new BatchAppendCall(state, call),
    delete: (call: Parameters<typeof deleteCall>[1], answer: Parameters<typeof deleteCall>[2]) =>
      deleteCall(state, call, answer),
    read: (call: ReadingCall) => {
      readCall(state, call).catch((error: unknown) => call.emit('error', { ...UNKNOWN, details: String(error) }));
    },
    tombstone: (call: Parameters<typeof tombstoneCall>[1], answer: Parameters<typeof tombstoneCall>[2]) =>
      tombstoneCall(state, call, answer),
  };
}

/** Names in lower case, a version of three parts, and batches only where they are known (checklist 1). */
export function featuresServiceOf(state: ServerState): UntypedServiceImplementation {
  const getSupportedMethods: handleUnaryCall<shared.Empty, features.SupportedMethods> = (_call, answer) => {
    const fault = state.script.strike('features');
    if (fault !== undefined) return answer(fault.end);
    const methods = new features.SupportedMethods();
    methods.setEventStoreServerVersion(state.mode.version);
    for (const name of ['read', 'append', 'delete', 'tombstone', ...(state.mode.knowsBatches ? ['batchappend'] : [])]) {
      const method = methods.addMethods();
      method.setMethodName(name);
      method.setServiceName('event_store.client.streams.streams');
      if (name === 'batchappend') method.addFeatures('deadline_duration');
    }
    return answer(null, methods);
  };
  return { getSupportedMethods };
}

/** One node of a cluster, as gossip names it. */
export interface Member {
  readonly host: string;
  readonly port: number;
  /** 8 leader, 7 pre-leader, 6 follower (reference §1). */
  readonly state: 8 | 7 | 6;
}

/** Who is in the cluster, for clients that ask before they connect, and for those who ask a node whether it leads. */
export function gossipServiceOf(state: ServerState, members: () => readonly Member[]): UntypedServiceImplementation {
  const read: handleUnaryCall<shared.Empty, gossip.ClusterInfo> = (_call, answer) => {
    const fault = state.script.strike('gossip');
    if (fault !== undefined) return answer(fault.end);
    const cluster = new gossip.ClusterInfo();
    for (const [index, { host, port, state: memberState }] of members().entries()) {
      const endPoint = new gossip.EndPoint();
      endPoint.setAddress(host);
      endPoint.setPort(port);
      const member = cluster.addMembers();
      // The client throws where nobody catches it when this is not an RFC UUID (reference §1).
      member.setInstanceId(uuidOf(`00000000-0000-4000-8000-00000000000${index}`));
      member.setState(memberState);
      member.setIsAlive(true);
      member.setHttpEndPoint(endPoint);
    }
    return answer(null, cluster);
  };
  return { read };
}
