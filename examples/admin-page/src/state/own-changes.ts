const MOST = 100;
const own = new Set<string>();

/** Creates a correlation id for a change by this page. */
export function newCorrelationId(end = ''): string {
  const id = `${crypto.randomUUID()}${end}`;
  own.add(id);
  const [oldest] = own;
  if (own.size > MOST && oldest !== undefined) own.delete(oldest);
  return id;
}

/** Whether this page made the change, so that it needs no message. */
export function isOwnChange(correlationId: string): boolean {
  return own.has(correlationId);
}
