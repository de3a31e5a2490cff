/** Whose policy is meant: the instance's default policy, or the policy of one organization. */
export type Scope = { readonly of: 'instance' } | { readonly of: 'organization'; readonly organizationId: string };

/** The scope of the default policy. */
export const INSTANCE: Scope = { of: 'instance' };

/** The scope of one organization. */
export function organization(organizationId: string): Scope {
  return { of: 'organization', organizationId };
}

/** Whether both mean the same policy. */
export function isSameScope(one: Scope, other: Scope): boolean {
  return keyOf(one) === keyOf(other);
}

/** A text that stands for the scope, and for no other. */
export function keyOf(scope: Scope): string {
  return scope.of === 'instance' ? 'instance' : `organization ${scope.organizationId}`;
}

/** Where the routes of this scope's policy begin. */
export function pathOf(scope: Scope): string {
  return scope.of === 'instance' ? '/admin/v1/policies/login' : '/management/v1/policies/login';
}

/** The headers that name the organization a route under `/management` is about. */
export function headersOf(scope: Scope): Readonly<Record<string, string>> {
  return scope.of === 'instance' ? {} : { 'x-zitadel-orgid': scope.organizationId };
}
