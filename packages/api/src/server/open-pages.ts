import { wrongVerb } from '../errors/refusals.js';
import type { Exchange } from './exchange.js';
import type { ReadinessProbe } from './readiness.js';

/** Those who watch over many services ask for no more than the status. */
const VERBS = ['GET', 'HEAD'];
const ALIVE = '/debug/healthz';
const READY = '/debug/ready';
const OPEN_API = '/openapi.json';

/** What anybody may read: whether the service lives, whether it is ready, and what it serves. */
export class OpenPages {
  readonly #probe: ReadinessProbe;
  readonly #openApi: string;

  constructor(probe: ReadinessProbe, openApi: object) {
    this.#probe = probe;
    this.#openApi = JSON.stringify(openApi);
  }

  /** Whether a path is one of these pages. */
  knows({ path }: Exchange): boolean {
    return path === ALIVE || path === READY || path === OPEN_API;
  }

  /** Answers one of these pages. @throws ApiError for another verb than GET and HEAD. */
  async handle(exchange: Exchange): Promise<void> {
    if (!VERBS.includes(exchange.verb)) throw wrongVerb(VERBS);
    const { status, body } = await this.#page(exchange.path);
    const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    exchange.send('rest', { status, headers: { ...exchange.answerHeaders(), ...type }, body });
  }

  async #page(path: string): Promise<{ readonly status: number; readonly body: string }> {
    if (path === ALIVE) return { status: 200, body: '{}' };
    if (path === OPEN_API) return { status: 200, body: this.#openApi };
    const readiness = await this.#probe.look();
    return { status: readiness.isReady ? 200 : 503, body: JSON.stringify(readiness) };
  }
}
