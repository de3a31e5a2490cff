/** The owner of a policy: the instance (its default policy), or an organization. */
export type Scope = { readonly of: 'instance' } | { readonly of: 'organization'; readonly organizationId: string };

/** The scope of the default policy. */
export const INSTANCE: Scope = { of: 'instance' };

/** The scope of one organization. */
export function organization(organizationId: string): Scope {
  return { of: 'organization', organizationId };
}

/** Whether two scopes are the same. */
export function isSameScope(one: Scope, other: Scope): boolean {
  return keyOf(one) === keyOf(other);
}

/** A unique text for a scope. */
export function keyOf(scope: Scope): string {
  return scope.of === 'instance' ? 'instance' : `organization ${scope.organizationId}`;
}

/** The path prefix of the routes for this scope's policy. */
export function pathOf(scope: Scope): string {
  return scope.of === 'instance' ? '/admin/v1/policies/login' : '/management/v1/policies/login';
}

/**
 * The headers that name the organization in requests under `/management`, in UTF-8. `fetch` takes one character for each
 * byte.
 */
export function headersOf(scope: Scope): Readonly<Record<string, string>> {
  if (scope.of === 'instance') return {};
  return { 'x-zitadel-orgid': String.fromCharCode(...new TextEncoder().encode(scope.organizationId)) };
}
