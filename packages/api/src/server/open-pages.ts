import type { Answer } from '../calls/call-context.js';
import { OF_INSTANCE } from '../calls/scope.js';
import type { RestTarget } from '../rest/rest-target.js';
import type { ReadinessProbe } from './readiness.js';

/** A page that anybody may fetch. */
interface OpenPage {
  readonly path: string;
  readonly target: RestTarget;
}

/**
 * What anybody may read: whether the service lives, whether it is ready, and what it serves.
 *
 * @throws RangeError for a prefix that is no beginning of a path.
 */
export function openPages(probe: ReadinessProbe, openApi: object, prefix: string): readonly OpenPage[] {
  if (!/^(?:\/[\w.~-]+)*$/.test(prefix)) throw new RangeError('operational.prefix must be a path like /internal');
  const document = JSON.stringify(openApi);
  const page = (path: string, answer: () => Promise<Answer<string>>): OpenPage => ({
    path: `${prefix}${path}`,
    target: { method: undefined, demand: { permission: undefined, scope: OF_INSTANCE }, read: () => answer },
  });
  return [
    page('/debug/healthz', async () => ({ message: '{}' })),
    page('/debug/ready', async () => {
      const readiness = await probe.look();
      return { message: JSON.stringify(readiness), ...(!readiness.isReady && { status: 503 }) };
    }),
    page('/openapi.json', async () => ({ message: document })),
  ];
}
