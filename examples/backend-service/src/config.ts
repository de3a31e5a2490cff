/** The configuration of the service, from the environment. */
export interface Config {
  /** The store of the policies: `memory:`, `sqlite:PATH`, `postgres://…`, `esdb://…` or `kurrentdb://…`. */
  readonly storeUrl: string;
  /** Where the rows are kept of a store that keeps none, EventStoreDB: `memory:`, `sqlite:PATH` or `postgres://…`. */
  readonly rowsUrl: string;
}

const KNOWN = /^(memory:$|sqlite:.+|postgres(ql)?:\/\/.+|(esdb|kurrentdb)(\+discover)?:\/\/.+)/;
const KNOWN_ROWS = /^(memory:$|sqlite:.+|postgres(ql)?:\/\/.+)/;

/**
 * Reads the environment.
 *
 * @throws Error naming the variable that is not as it has to be.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const storeUrl = environment['LOGIN_POLICY_STORE'] ?? 'sqlite:.data/backend-service.db';
  if (!KNOWN.test(storeUrl)) {
    // The value is not shown: where its password is, only a known form tells.
    throw new Error('LOGIN_POLICY_STORE must be memory:, sqlite:PATH, postgres://…, esdb://… or kurrentdb://….');
  }
  const rowsUrl = environment['LOGIN_POLICY_ROWS'] ?? 'sqlite:.data/backend-service-rows.db';
  if (!KNOWN_ROWS.test(rowsUrl)) throw new Error('LOGIN_POLICY_ROWS must be memory:, sqlite:PATH or postgres://….');
  return { storeUrl, rowsUrl };
}

/** The URL without its secrets, for display. A password may contain any character, even one that should be escaped. */
export function withoutSecrets(storeUrl: string): string {
  return storeUrl.replace(/\/\/.*@/s, '//…@').replace(/\?.*/s, '?…');
}
