import { ROOT, type Service } from './service.js';

/** What a route that answers in lines said. */
export interface LinesReply {
  readonly status: number;
  readonly type: string | null;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** Asks a route that answers in lines of JSON. */
export async function linesOf(
  service: Service,
  path: string,
  { token = ROOT, body, headers = {} }: { token?: string; body: object; headers?: Readonly<Record<string, string>> },
): Promise<LinesReply> {
  const response = await fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const lines = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line));
  return { status: response.status, type: response.headers.get('content-type'), lines };
}
