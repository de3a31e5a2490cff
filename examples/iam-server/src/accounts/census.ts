import { MULTI_FACTORS, SECOND_FACTORS, type InstanceRef } from '@login-policy/domain';
import type { CensusOptions, UserClass } from '@login-policy/domain/people';
import { z } from 'zod';
import type { Database, Row } from './database/database.js';
import { parsed } from './people.js';
import { ADMINISTRATORS } from './roles.js';

const PAGE = 500;

/** The separator of the lists in a row: no id has a control character. */
const SEPARATOR = '\n';

/**
 * One statement: who has what, as sorted lists, and then how many have the same. A disabled user does not count, nor
 * does a credential that was never confirmed.
 */
const CLASSES = `SELECT organization, has_password, factors, providers, count(*) AS users, sum(administers) AS administrators
  FROM (
    SELECT u.id, u.organization, CASE WHEN u.role IN (${ADMINISTRATORS.map((role) => `'${role}'`).join(', ')}) THEN 1 ELSE 0 END AS administers,
      max(CASE WHEN h.kind = 'PASSWORD' THEN 1 ELSE 0 END) AS has_password,
      string_agg(CASE WHEN h.kind NOT IN ('PASSWORD', 'LINK') THEN h.kind END, '${SEPARATOR}' ORDER BY h.kind) AS factors,
      string_agg(h.provider, '${SEPARATOR}' ORDER BY h.provider) AS providers
    FROM iam.users u LEFT JOIN (
      SELECT DISTINCT c.user_id, c.kind, CASE WHEN c.kind = 'LINK' THEN c.secret END AS provider
      FROM iam.credentials c WHERE c.instance = $1 AND c.ready = 1
    ) AS h ON h.user_id = u.id
    WHERE u.instance = $1 AND u.disabled_at IS NULL
    GROUP BY u.id, u.organization, u.role
  ) AS people`;
const GROUPED =
  'GROUP BY organization, has_password, factors, providers ORDER BY organization, has_password, factors, providers';

const list = z
  .string()
  .nullable()
  .transform((text) => (text === null ? [] : text.split(SEPARATOR)));
const row = z.object({
  organization: z.string().nullable(),
  has_password: z.number(),
  factors: list.pipe(z.array(z.enum([...MULTI_FACTORS, ...SECOND_FACTORS]))),
  providers: list,
  users: z.number(),
  administrators: z.number(),
});

/**
 * Who the users of an instance, or of one of its organizations, are, counted by what they have to sign in with: one
 * reading of the database, at one moment, in pages.
 *
 * @throws Fault when a row is damaged: a count that leaves somebody out would be wrong
 */
export async function* census(
  database: Database,
  { instanceId }: InstanceRef,
  { organizationId, signal }: Partial<CensusOptions> = {},
): AsyncGenerator<readonly UserClass[], void, undefined> {
  const rows = await database.run(
    organizationId === undefined
      ? { sql: `${CLASSES} ${GROUPED}`, values: [instanceId] }
      : { sql: `${CLASSES} WHERE organization = $2 ${GROUPED}`, values: [instanceId, organizationId] },
  );
  for (let from = 0; from < rows.length; from += PAGE) {
    signal?.throwIfAborted();
    yield rows.slice(from, from + PAGE).map(classIn);
  }
}

function classIn(one: Row): UserClass {
  const { organization, has_password: has, providers, ...others } = parsed(row, one, 'users');
  const own = organization === null ? {} : { organizationId: organization };
  return { ...own, hasPassword: has === 1, identityProviders: providers, ...others };
}
