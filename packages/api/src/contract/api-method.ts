import { getOption, hasOption, type DescMessage, type DescMethod } from '@bufbuild/protobuf';
import type { HttpRule } from '@zitadel/proto/google/api/http_pb.js';
import { OPTIONS } from './descriptors.js';
import { checkOf, type CheckMessage } from './field-rules.js';
import { parseTemplate, type PathTemplate } from './path-template.js';

/** The only method without a permission. */
const OPEN_TO_ALL = 'Healthz';

/** The REST route of a method. */
export interface Route extends PathTemplate {
  readonly verb: string;
  /** The content of the body: the whole request, or nothing. */
  readonly body: 'request' | 'ignored';
}

/** A method of the descriptors, read once at start-up. */
export interface MethodContract {
  readonly desc: DescMethod;
  /** The method's path in gRPC: `/zitadel.admin.v1.AdminService/GetLoginPolicy`. */
  readonly rpcPath: string;
  readonly input: DescMessage;
  readonly output: DescMessage;
  readonly route: Route;
  /** The required permission; `undefined` for a method that is open to all. */
  readonly permission: string | undefined;
  readonly check: CheckMessage | undefined;
}

/**
 * Reads a method's descriptor.
 *
 * @throws Error when it has an unsupported option, or the method has no route.
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
  const rule = getOption(desc, OPTIONS.http);
  const { verb, template } = patternOf(rule, desc.name);
  if (rule.additionalBindings.length > 0 || (rule.body !== '' && rule.body !== '*') || rule.responseBody !== '') {
    throw new Error(`${desc.name} has a route of an unsupported form`);
  }
  const path = `${basePathOf(desc)}${template}`;
  return { verb, ...parseTemplate(path), body: rule.body === '*' ? 'request' : 'ignored' };
}

function patternOf({ pattern }: HttpRule, method: string): { readonly verb: string; readonly template: string } {
  if (pattern.case === undefined || pattern.case === 'custom') throw new Error(`${method} has no route`);
  return { verb: pattern.case.toUpperCase(), template: pattern.value };
}

function basePathOf({ parent }: DescMethod): string {
  if (!hasOption(parent.file, OPTIONS.swagger)) return '';
  return getOption(parent.file, OPTIONS.swagger).basePath.replace(/\/$/, '');
}

function permissionOf(desc: DescMethod): string | undefined {
  if (hasOption(desc, OPTIONS.auth)) return getOption(desc, OPTIONS.auth).permission;
  if (hasOption(desc, OPTIONS.authOfV2)) return getOption(desc, OPTIONS.authOfV2).authOption?.permission;
  if (desc.name === OPEN_TO_ALL) return undefined;
  throw new Error(`${desc.name} has no permission, so everybody could call it`);
}
