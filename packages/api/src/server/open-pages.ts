import { OF_INSTANCE } from '../calls/scope.js';
import type { RestTarget } from '../rest/rest-target.js';
import type { ReadinessProbe } from './readiness.js';

/** The pages open to all, by path: health, readiness and the OpenAPI document. */
export function openPages(
  probe: ReadinessProbe,
  openApi: object,
  prefix: string,
): Readonly<Record<string, RestTarget>> {
  // Shared bytes: a string would be encoded for each answer.
  const document = Buffer.from(JSON.stringify(openApi));
  const requirement = { permission: undefined, scope: OF_INSTANCE };
  const page = (answer: RestTarget['answer']): RestTarget => ({ answer, requirement });
  return {
    [`${prefix}/debug/healthz`]: page(async () => ({ message: '{}' })),
    [`${prefix}/debug/ready`]: page(async () => {
      const readiness = await probe.readiness();
      return { message: JSON.stringify(readiness), ...(!readiness.isReady && { status: 503 }) };
    }),
    [`${prefix}/openapi.json`]: page(async () => ({ message: document })),
  };
}
