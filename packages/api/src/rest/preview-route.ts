import type { JsonValue } from '@bufbuild/protobuf';
import type { CommandInput } from '@login-policy/domain';
import { isOrganization, loginPolicyEvents } from '@login-policy/domain/model';
import { type Preview, type PreviewOptions, previewCommand } from '@login-policy/domain/preview';
import { entityTag } from '../calls/policy-answers.js';
import { checkNames } from '../contract/enum-names.js';
import { unknownName, unreadable } from '../errors/refusals.js';
import { READ_HEADERS } from '../openapi/parameters.js';
import type { Schema } from '../openapi/schemas.js';
import { COMMAND_DATA, commandData, withLibraryNames } from './command-data.js';
import { WHOLE_NUMBER, type OwnCall, type OwnRoute } from './own-route.js';
import { isJsonObject, requestOf } from './read-request.js';
import { revertOf } from './revert-route.js';

/** A number of custom policies: exact up to 10,000. */
export const POLICY_COUNT: Schema = { oneOf: [{ type: 'integer' }, { type: 'string', enum: ['more-than-10000'] }] };
/** The same, or `unknown`. */
export const STILL_ALLOWING: Schema = {
  oneOf: [{ type: 'integer' }, { type: 'string', enum: ['more-than-10000', 'unknown'] }],
};

const LIST = { type: 'array', items: { type: 'object' } };
const PEOPLE: Schema = {
  type: 'object',
  description:
    'Of a change that sign-ins depend on: for each of lockedOut, hasToSetUp, weaker, stronger and unchanged the number of users, and of administrators among them; or why that is unknown.',
};

/**
 * `POST …/policies/login/_preview`: the dry run of a command, given by its method and request. Nothing is written;
 * refusals are the same as for the command.
 */
export const previewRoute: OwnRoute = {
  verb: 'POST',
  name: '_preview',
  requirement: 'read',
  operation: {
    summary: 'Preview a change of the login policy',
    body: {
      type: 'object',
      properties: {
        command: COMMAND_DATA,
        method: {
          type: 'string',
          description:
            'Instead of a command: a method of this service that changes the policy, Revert, or for an organization Customize.',
        },
        request: { type: 'object', description: 'What that method takes.' },
        beside: {
          type: 'object',
          description:
            'The other steps of the same plan. For an organization: the command on the default. For the default: the organizations with a step of their own.',
          properties: { byDefault: COMMAND_DATA, organizationIds: { type: 'array', items: { type: 'string' } } },
        },
        you: {
          type: 'object',
          description: 'What the caller has to sign in with: hasPassword, factors, identityProviders.',
        },
      },
    },
    headers: ['If-Match', 'Login-Policy-If-Seen', 'Idempotency-Key', 'Login-Policy-Acknowledge', ...READ_HEADERS],
    answer: {
      seen: { type: 'string', description: 'For Login-Policy-If-Seen.' },
      sequence: WHOLE_NUMBER,
      eventId: { type: 'string', description: 'Left out of a policy without events.' },
      events: LIST,
      changes: LIST,
      warnings: { type: 'object', properties: { introduced: LIST, standing: LIST } },
      people: PEOPLE,
      you: { type: 'object', description: 'What it means for the caller: change, before and after.' },
      stillAllowing: {
        ...STILL_ALLOWING,
        description:
          'Of a removal from the default: the custom policies that still allow the factor or link the provider.',
      },
      affected: {
        type: 'object',
        properties: {
          organizationIds: {
            type: 'array',
            items: { type: 'string' },
            description: 'Of an instance: empty for a caller without policy.read for the whole instance.',
          },
          count: { type: 'integer', description: 'Left out when nothing names the organizations of the instance.' },
        },
      },
    },
  },
  async answer(call) {
    const { policies, answers, context } = withLibraryNames(call);
    const { asOf: _, ...freshness } = context.read;
    const { reason: _reason, ...conditions } = context.command;
    const options = {
      ...freshness,
      ...conditions,
      ...besideIn(call),
      ...youIn(call),
    };
    const preview = await answers.ofRead(
      previewCommand(policies, context.owner, commandData(call) ?? commandIn(call), options),
    );
    const { affected, people } = preview;
    // The organizations of an instance are named to those who may list them.
    const isNamed = isOrganization(context.owner) || (await context.isAllowed('policy.read', context.owner));
    const named = isNamed ? preview : { ...preview, affected: { ...affected, organizations: [] }, ...unnamed(people) };
    return { message: JSON.stringify(previewJson(named)), tag: entityTag(preview.sequence, preview.eventId) };
  },
};

/** Unchecked: the domain checks its input at run time. */
function youIn({ body: { you } }: OwnCall): Pick<PreviewOptions, 'you'> {
  if (you === undefined) return {};
  if (isUser(you)) return { you };
  throw unreadable('you must be a JSON object.');
}

function isUser(you: unknown): you is NonNullable<PreviewOptions['you']> {
  return isJsonObject(you);
}

/** The users whom a change affects, without the organizations they are of. */
function unnamed(people: Preview['people']): Pick<Preview, 'people'> {
  if (people === undefined) return {};
  return { people: 'unknown' in people ? people : { ...people, organizations: [] } };
}

/** The other steps of the same plan. The policies check their content. @throws ApiError */
function besideIn({ body: { beside } }: OwnCall): Pick<PreviewOptions, 'beside'> {
  if (beside === undefined) return {};
  if (!isJsonObject(beside)) throw unreadable('beside must be a JSON object.');
  const { byDefault, organizationIds, ...others } = beside;
  for (const name of Object.keys(others)) throw unknownName('beside.', name, ['byDefault', 'organizationIds']);
  const command = byDefault === undefined ? undefined : commandData({ body: { command: byDefault } });
  const ids = organizationIds === undefined ? undefined : textsIn(organizationIds);
  return {
    beside: {
      ...(command !== undefined && { byDefault: command }),
      ...(ids !== undefined && { organizationIds: ids }),
    },
  };
}

function textsIn(value: JsonValue): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw unreadable('beside.organizationIds must be a list of texts.');
}

/** The commands without a ZITADEL method: the fields of their requests, and how they are parsed. */
const OWN_COMMANDS: Readonly<
  Record<string, { readonly fields: readonly string[]; readonly commandOf: typeof revertOf }>
> = {
  Revert: { fields: ['to'], commandOf: revertOf },
  Customize: { fields: [], commandOf: () => ({ type: 'customize' }) },
};

function commandIn({ body, context: { owner }, methods, unknownNames }: OwnCall): CommandInput {
  const { method: name, request = {} } = body;
  if (!isJsonObject(request)) throw unreadable('request must be a JSON object.');
  const ownNames = isOrganization(owner) ? ['Revert', 'Customize'] : ['Revert'];
  const own = typeof name === 'string' && ownNames.includes(name) ? OWN_COMMANDS[name] : undefined;
  if (own !== undefined) {
    if (unknownNames === 'refuse') checkNames(request, own.fields);
    return own.commandOf(request);
  }
  const changing = methods.filter(({ commandOf }) => commandOf !== undefined);
  const method = changing.find(({ contract }) => contract.desc.name === name);
  if (method?.commandOf !== undefined) {
    return method.commandOf(requestOf(method.contract.input, request, unknownNames));
  }
  const names = [...changing.map(({ contract }) => contract.desc.name), ...ownNames];
  throw unreadable(`method must be one of ${names.join(', ')}.`);
}

function previewJson(preview: Preview): object {
  const { affected, changes, eventId, events, people, sequence, seen, stillAllowing, warnings, you } = preview;
  const organizationIds = affected.organizations.map(({ organizationId }) => organizationId);
  return {
    seen,
    sequence: String(sequence),
    eventId,
    events: events.map((event) => loginPolicyEvents.encode(event)).map(({ type, data }) => ({ type, data })),
    changes,
    warnings,
    affected: { organizationIds, count: affected.count },
    people,
    you,
    stillAllowing,
  };
}
