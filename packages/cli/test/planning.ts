import type { Place, Ran } from './running.js';

/** A file of policies: the default, one custom policy, and an organization without one. */
export const FILE = `instance: iam
default:
  settings:
    forceMfa: true
organizations:
  acme:
    secondFactors: [TOTP]
  globex: default
`;

/** Plans a file, and writes the plan to plan.json. */
export async function plannedIn(place: Place, text: string, more = ''): Promise<Ran> {
  await place.write('policies.yaml', text);
  return place.run(`plan policies.yaml --out plan.json${more}`);
}
