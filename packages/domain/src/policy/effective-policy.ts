/**
 * The policy that applies to an organization's users: its whole custom policy if it has one, otherwise the instance's
 * default. The two are never mixed. The default is looked at only where it applies, so a problem with it does not
 * affect organizations with a custom policy.
 */
export function effectivePolicy<Policy, ByDefault>(
  custom: Policy | undefined,
  byDefault: () => ByDefault,
): Policy | ByDefault {
  return custom ?? byDefault();
}
