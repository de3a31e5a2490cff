import { randomUUID } from 'node:crypto';

/** What the names begin with of read models that nobody reads any more. */
export const REPLACED = '.replaced.';

/** What the names of all shadows of a read model begin with. */
export function shadowPrefix(name: string): string {
  return `${name}.rebuilding.`;
}

/** A name that no shadow ever had. */
export function newShadowName(name: string): string {
  return `${shadowPrefix(name)}${randomUUID()}`;
}

/** A name for what was replaced. */
export function replacedName(): string {
  return `${REPLACED}${randomUUID()}`;
}
