import { getOption, hasOption, type DescMessage, type DescMethod } from '@bufbuild/protobuf';
import { http } from '@zitadel/proto/google/api/annotations_pb.js';
import type { HttpRule } from '@zitadel/proto/google/api/http_pb.js';
import { auth_option } from '@zitadel/proto/zitadel/options_pb.js';
import { options as v2Options } from '@zitadel/proto/zitadel/protoc_gen_zitadel/v2/options_pb.js';
import { openapiv2_swagger } from '@zitadel/proto/protoc-gen-openapiv2/options/annotations_pb.js';
import { checkOf, type CheckMessage } from './field-rules.js';
import { parseTemplate, type Segment } from './path-template.js';

/** The one method that states no permission and needs none. */
const OPEN_TO_ALL = 'Healthz';

/** The REST route of a method. */
export interface Route {
  readonly verb: string;
  readonly segments: readonly Segment[];
  /** What the body is: the whole request, or nothing that is looked at. */
  readonly body: 'request' | 'ignored';
}

/** What the descriptors say of a method: read once, at start. */
export interface MethodContract {
  readonly desc: DescMethod;
  /** As gRPC names it: `/zitadel.admin.v1.AdminService/GetLoginPolicy`. */
  readonly rpcPath: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly route: Route;
  /** What a caller has to be allowed; `undefined` for a method that is open to all. */
  readonly permission: string | undefined;
  readonly check: CheckMessage | undefined;
}

/**
 * Reads what the descriptors say of a method.
 *
 * @throws Error when they say something that is not understood, or the method has no route.
 */
export function contractOf(desc: DescMethod): MethodContract {
  return {
    desc,
    rpcPath: `/${desc.parent.typeName}/${desc.name}`,
    input: desc.input,
    output: desc.output,
    route: routeOf(desc),
    permission: permissionOf(desc),
    check: checkOf(desc.input),
  };
}

function routeOf(desc: DescMethod): Route {
  const rule = getOption(desc, http);
  const { verb, template } = patternOf(rule);
  if (rule.additionalBindings.length > 0 || (rule.body !== '' && rule.body !== '*') || rule.responseBody !== '') {
    throw new Error(`${desc.name} has a route of a form that is not understood`);
  }
  const path = `${basePathOf(desc)}${template}`;
  return { verb, segments: parseTemplate(path), body: rule.body === '*' ? 'request' : 'ignored' };
}

function patternOf({ pattern }: HttpRule): { readonly verb: string; readonly template: string } {
  if (pattern.case === undefined || pattern.case === 'custom') throw new Error('a method without a route of its own');
  return { verb: pattern.case.toUpperCase(), template: pattern.value };
}

function basePathOf({ parent }: DescMethod): string {
  if (!hasOption(parent.file, openapiv2_swagger)) return '';
  return getOption(parent.file, openapiv2_swagger).basePath.replace(/\/$/, '');
}

function permissionOf(desc: DescMethod): string | undefined {
  if (hasOption(desc, auth_option)) return getOption(desc, auth_option).permission;
  if (hasOption(desc, v2Options)) return getOption(desc, v2Options).authOption?.permission;
  if (desc.name === OPEN_TO_ALL) return undefined;
  throw new Error(`${desc.name} states no permission, so nobody could be kept from it`);
}
