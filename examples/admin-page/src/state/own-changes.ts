const MOST = 100;
const own = new Set<string>();

/** A correlation id for a change of this page. */
export function newCorrelationId(end = ''): string {
  const id = `${crypto.randomUUID()}${end}`;
  own.add(id);
  const [oldest] = own;
  if (own.size > MOST && oldest !== undefined) own.delete(oldest);
  return id;
}

/** Whether a change was made by this page, so that it needs not be told of it. */
export function isOwnChange(correlationId: string): boolean {
  return own.has(correlationId);
}
