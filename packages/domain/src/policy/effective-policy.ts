/**
 * What an organization's users meet: its custom policy as a whole where it has one, else the instance's default. No part of the one is
 * ever mixed with the other. The default is looked at only where it holds: what is wrong with it concerns nobody with a policy of
 * their own.
 */
export function effectivePolicy<Policy, ByDefault>(
  custom: Policy | undefined,
  byDefault: () => ByDefault,
): Policy | ByDefault {
  return custom ?? byDefault();
}
