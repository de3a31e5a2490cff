import { wrongVerb } from '../errors/refusals.js';
import type { Exchange } from './exchange.js';
import type { ReadinessProbe } from './readiness.js';

/** Those who watch over many services ask for no more than the status. */
const VERBS = ['GET', 'HEAD'];
/** Where the pages of an operator are. */
export interface OperationalPages {
  /** Stands before `/debug/healthz`, `/debug/ready` and `/openapi.json`. Default: nothing. */
  readonly prefix: string;
}

/** What anybody may read: whether the service lives, whether it is ready, and what it serves. */
export class OpenPages {
  readonly #pages: ReadonlyMap<string, () => Page | Promise<Page>>;

  /** @throws RangeError for a prefix that is no beginning of a path. */
  constructor(probe: ReadinessProbe, openApi: object, { prefix }: OperationalPages) {
    if (!/^(?:\/[\w.~-]+)*$/.test(prefix)) throw new RangeError('operational.prefix must be a path like /internal');
    const document = JSON.stringify(openApi);
    const ready = async (): Promise<Page> => {
      const readiness = await probe.look();
      return { status: readiness.isReady ? 200 : 503, body: JSON.stringify(readiness) };
    };
    this.#pages = new Map<string, () => Page | Promise<Page>>([
      [`${prefix}/debug/healthz`, () => ({ status: 200, body: '{}' })],
      [`${prefix}/debug/ready`, ready],
      [`${prefix}/openapi.json`, () => ({ status: 200, body: document })],
    ]);
  }

  /** Whether a path is one of these pages. */
  knows({ path }: Exchange): boolean {
    return this.#pages.has(path);
  }

  /** Answers one of these pages. @throws ApiError for another verb than GET and HEAD. */
  async handle(exchange: Exchange): Promise<void> {
    const page = this.#pages.get(exchange.path);
    if (page === undefined || !VERBS.includes(exchange.verb)) throw wrongVerb(VERBS);
    const { status, body } = await page();
    const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    exchange.send('rest', { status, headers: { ...exchange.answerHeaders(), ...type }, body });
  }
}

interface Page {
  readonly status: number;
  readonly body: string;
}
