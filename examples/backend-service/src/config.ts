/** The configuration of the service, from the environment. */
export interface Config {
  /** The store of the policies: `memory:`, `sqlite:PATH`, `postgres://…` or `esdb://…`. */
  readonly storeUrl: string;
}

const KNOWN = /^(memory:$|sqlite:.+|postgres(ql)?:\/\/.+|esdb(\+discover)?:\/\/.+)/;

/**
 * Reads the environment.
 *
 * @throws Error naming the variable that is not as it has to be.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const storeUrl = environment['LOGIN_POLICY_STORE'] ?? 'sqlite:.data/backend-service.db';
  if (!KNOWN.test(storeUrl)) {
    const expected = 'memory:, sqlite:PATH, postgres://… or esdb://…';
    throw new Error(`LOGIN_POLICY_STORE must be ${expected}, not ${JSON.stringify(withoutSecrets(storeUrl))}`);
  }
  return { storeUrl };
}

/** The URL without what is secret in it, to be shown. */
export function withoutSecrets(storeUrl: string): string {
  return storeUrl.replace(/\/\/[^@/]*@/, '//…@');
}
