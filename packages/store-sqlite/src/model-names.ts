import { randomUUID } from 'node:crypto';

/** The name prefix of replaced read models, whose rows are no longer read. */
export const REPLACED = '.replaced.';

/** The name prefix of a read model's shadows. */
export function shadowPrefix(name: string): string {
  return `${name}.rebuilding.`;
}

/** A new, unique name of a shadow. */
export function newShadowName(name: string): string {
  return `${shadowPrefix(name)}${randomUUID()}`;
}

/** A new, unique name of a replaced read model. */
export function replacedName(): string {
  return `${REPLACED}${randomUUID()}`;
}
