/** What the service is told from outside. */
export interface Config {
  /** Where policies are kept: `memory:` or `sqlite:PATH`. */
  readonly storeUrl: string;
}

const KNOWN = /^(memory:$|sqlite:.+)/;

/**
 * Reads the environment.
 *
 * @throws Error naming the variable that is not as it has to be.
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const storeUrl = environment['LOGIN_POLICY_STORE'] ?? 'sqlite:.data/backend-service.db';
  if (!KNOWN.test(storeUrl)) {
    throw new Error(`LOGIN_POLICY_STORE must be memory: or sqlite:PATH, not ${JSON.stringify(storeUrl)}`);
  }
  return { storeUrl };
}
