export { createApi, type Api } from './api.js';
export type { ApiOptions, BodyOptions, OperationalPages } from './options.js';
export type { UnknownNames } from './contract/enum-names.js';
export type { AbsentAnswer } from './errors/status.js';
export { holdsGrant, type Caller, type Grant, type PermissionScope } from './ports/caller.js';
export { bearerToken } from './ports/bearer.js';
export { instancesByHost, oneInstance } from './ports/instances.js';
export {
  introspectedTokens,
  type IntrospectionOptions,
  type IntrospectionResponse,
} from './ports/introspected-tokens.js';
export { jsonWebTokens, oidcTokens, type JsonWebTokenOptions, type OidcTokenOptions } from './ports/json-web-tokens.js';
export type {
  ApiRequest,
  Authenticate,
  InstanceOf,
  IsAllowed,
  OrganizationDirectory,
  Ports,
  RequestHeaders,
  RequestedScope,
} from './ports/ports.js';
export type {
  ApprovalsAnswered,
  ProposalAnswered,
  ProposalContent,
  ProposalsPort,
  RefusedByProposals,
} from './ports/proposals.js';
export type { SignIns } from './ports/sign-ins.js';
export { staticTokens } from './ports/static-tokens.js';
export type { AllowedOrigins } from './server/cors.js';
export type { AccessEntry, Hooks, Protocol } from './server/exchange.js';
export { openPort, type OpenPort } from './port/port.js';
export type { CloseOptions, PortLimits, PortOptions } from './port/port-options.js';
export type { NodeRequest, NodeResponse, OnRequest } from './port/on-request.js';
export { requestHeaders, targetOf } from './server/request-headers.js';
export type { FetchOptions } from './server/fetch-exchange.js';
export type { Readiness } from './server/readiness.js';
export type { Schema } from './openapi/schemas.js';
