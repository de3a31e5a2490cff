/** The instance with a number. */
export function instanceId(number: number): string {
  return `instance-${number}`;
}

/** The stream of the policy of an instance, spelt out: a fresh process that measures a peer imports nothing of ours. */
export function streamName(number: number): string {
  return `instanceLoginPolicy-${instanceId(number)}`;
}
