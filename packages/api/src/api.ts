import type { LoginPolicies } from '@login-policy/domain';
import { Pipeline } from './calls/pipeline.js';
import { PolicyAnswers } from './calls/policy-answers.js';
import { servedMethods } from './calls/served-methods.js';
import type { AbsentAnswer } from './errors/status.js';
import { holdsGrant } from './ports/caller.js';
import type { Ports } from './ports/ports.js';
import { RestSkin } from './rest/rest-skin.js';
import { methodTarget, type RestTarget } from './rest/rest-target.js';
import { Router } from './rest/router.js';
import { Exchange, type Hooks } from './server/exchange.js';
import type { NodeRequest, NodeResponse } from './server/node-http.js';

/** How much a client may ask for at once. */
export interface Limits {
  /** Default 262,144: the longest body that is read, and the longest it may be unpacked. */
  readonly maxBodyBytes?: number;
  /** Default 10,000: how long a body may take to arrive. */
  readonly bodyTimeoutMs?: number;
}

/** What the API is made of. */
export interface ApiOptions extends Hooks {
  readonly loginPolicies: LoginPolicies;
  readonly ports: Omit<Ports, 'isAllowed'> & Partial<Pick<Ports, 'isAllowed'>>;
  /** How the removal of what is not on a policy is answered. Default `page`: 400 with code 9. */
  readonly absent?: AbsentAnswer;
  readonly limits?: Limits;
}

/** Answers one request; mount it in any server of Node's. */
export type RequestHandler = (request: NodeRequest, response: NodeResponse) => void;

export function createApi(options: ApiOptions): RequestHandler {
  const pipeline = new Pipeline({ isAllowed: holdsGrant, ...options.ports });
  const answers = new PolicyAnswers(options.absent ?? 'page');
  const methods = servedMethods({ policies: options.loginPolicies, answers });
  const router = new Router<RestTarget>();
  for (const method of methods)
    router.add(method.contract.route.verb, method.contract.route.segments, methodTarget(method, pipeline));
  const rest = new RestSkin(router, pipeline);
  const limits = {
    maxBytes: options.limits?.maxBodyBytes ?? 262_144,
    timeoutMs: options.limits?.bodyTimeoutMs ?? 10_000,
  };
  return (request, response) => void rest.handle(new Exchange(request, response, { limits, hooks: options }));
}
