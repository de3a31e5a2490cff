/** One client that waits for each answer before it asks again, with an instance of its own: none is refused for another. */
export interface Lane {
  readonly host: string;
  readonly instanceId: string;
  readonly token: string;
}

/** So many clients at a time. */
export const LANES = 64;

/** All lanes, the same in the process that serves and in the one that asks. */
export const lanes: readonly Lane[] = Array.from({ length: LANES }, (_, number) => ({
  host: `instance-${number}.example`,
  instanceId: `69629023906488${String(number).padStart(4, '0')}`,
  token: `a-static-token-of-lane-${String(number).padStart(4, '0')}`,
}));
