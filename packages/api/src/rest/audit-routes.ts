import {
  type AuditExportOptions,
  type AuditFilter,
  type AuditLog,
  type AuditPageOptions,
  auditEntryJson,
} from '@login-policy/domain/audit';
import { positionToString } from '@login-policy/event-sourcing';
import { unreadable } from '../errors/refusals.js';
import { factorNamed } from '../messages/factors.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import { LINES } from './lines.js';
import { WHOLE_NUMBER, type OwnRoute } from './own-route.js';
import { queryOf, wholeNumberOf } from './query.js';

const FILTER = [
  ...(['actor', 'type', 'factor', 'identityProvider', 'organizationId', 'isDefault', 'from', 'to', 'reason'] as const),
];
const DESCRIPTIONS: Readonly<Record<(typeof FILTER)[number], string>> = {
  actor: 'Who did it.',
  type: 'The type of its event, such as MultiFactorRemoved.',
  factor: 'The factor it is about.',
  identityProvider: 'The identity provider it is about.',
  organizationId: 'Whose custom policy it is of.',
  isDefault: 'true: of the default policy; false: of custom policies.',
  from: 'Recorded then or later: an instant in ISO 8601 with its offset.',
  to: 'Recorded before then.',
  reason: 'Words that all stand in its reason, whole, in any order and case.',
};
const PARAMETERS: readonly Schema[] = FILTER.map((name) => ({
  ...{ name, in: 'query', description: DESCRIPTIONS[name] },
  schema: { type: name === 'isDefault' ? 'boolean' : 'string' },
}));

/** The routes of the audit log: a page of it, and an export. */
export function auditRoutes(auditLog: AuditLog): readonly OwnRoute[] {
  return [pageRoute(auditLog), exportRoute(auditLog)];
}

/** `GET /admin/v1/policies/login/audit`: the changes of all policies of the instance, by filter and page. */
function pageRoute(auditLog: AuditLog): OwnRoute {
  return {
    verb: 'GET',
    name: 'audit',
    requirement: 'read',
    alsoPermission: 'policy.read',
    only: 'instance',
    operation: {
      summary: 'Audit log of all login policies',
      parameters: [
        ...PARAMETERS,
        { name: 'direction', in: 'query', schema: { type: 'string', enum: ['backwards', 'forwards'] } },
        { name: 'after', in: 'query', description: 'The next or the previous of a page.', schema: { type: 'string' } },
        { name: 'limit', in: 'query', description: '1 to 1,000, 100 if it is left out.', schema: WHOLE_NUMBER },
      ],
      headers: READ_HEADERS,
      answer: {
        entries: { type: 'array', items: { type: 'object' } },
        next: { type: 'string', description: 'Left out with the last page.' },
        previous: { type: 'string', description: 'For what comes before, in the other direction.' },
        position: WHOLE_NUMBER,
      },
    },
    async answer({ answers, exchange, context: { instance, read } }) {
      const options = { ...read, ...pageIn(exchange.query) };
      const { entries, next, previous, position } = await answers.ofRead(auditLog.entries(instance, options));
      const page = { entries: entries.map(auditEntryJson), next, previous, position: positionToString(position) };
      return { message: JSON.stringify(page) };
    },
  };
}

function pageIn(query: string): AuditPageOptions {
  const { after, direction, limit: text, ...filter } = queryOf(query, [...FILTER, 'direction', 'after', 'limit']);
  const limit = wholeNumberOf(text, 'limit');
  return {
    ...filterIn(filter),
    ...(direction !== undefined && { direction: parseOneOf(direction, ['backwards', 'forwards'], 'direction') }),
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
  };
}

/**
 * `GET /admin/v1/policies/login/audit/export`: all matching changes, complete up to the position in the answer's
 * header.
 */
function exportRoute(auditLog: AuditLog): OwnRoute {
  return {
    verb: 'GET',
    name: 'audit/export',
    requirement: 'read',
    alsoPermission: 'policy.read',
    only: 'instance',
    operation: {
      summary: 'Export of the audit log',
      parameters: [
        ...PARAMETERS,
        { name: 'format', in: 'query', required: true, schema: { type: 'string', enum: ['csv', 'json-lines'] } },
      ],
      headers: READ_HEADERS,
      answer: {},
      answerType: LINES,
    },
    async answer(call) {
      const { answers, exchange, context } = call;
      const { format: text = '', ...filter } = queryOf(exchange.query, [...FILTER, 'format']);
      const format = parseOneOf(text, ['csv', 'json-lines'], 'format');
      const options: AuditExportOptions = {
        ...{ ...context.read, ...filterIn(filter), format },
        signal: exchange.streamSignal,
      };
      const exported = await answers.ofRead(auditLog.export(context.instance, options));
      const type = format === 'csv' ? 'text/csv; charset=utf-8' : LINES;
      return { message: exported.text, position: positionToString(exported.position), type };
    },
  };
}

function filterIn({
  factor,
  isDefault,
  ...texts
}: Readonly<Partial<Record<(typeof FILTER)[number], string>>>): AuditFilter {
  return {
    ...texts,
    ...(factor !== undefined && { factor: factorNamed(factor, 'factor') }),
    ...(isDefault !== undefined && { isDefault: parseOneOf(isDefault, ['true', 'false'], 'isDefault') === 'true' }),
  };
}

function parseOneOf<Name extends string>(text: string, names: readonly Name[], field: string): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw unreadable(`${field} must be one of ${names.join(', ')}.`);
}
