import type { JsonObject } from '@bufbuild/protobuf';
import type { LoginSettingsInput } from '@login-policy/domain';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import type { ServedMethod } from '../calls/served-method.js';
import { unreadable } from '../errors/refusals.js';
import { rolloutCommandData } from './command-data.js';
import type { OwnCall } from './own-route.js';
import { isJsonObject, requestOf } from './read-request.js';

/**
 * The method that sets all settings. It can't be rolled out, because it would overwrite each organization's own
 * settings.
 */
const SET_ALL = 'UpdateLoginPolicy';
/** Our own name for changing only some of the settings. */
const CHANGE = 'Change';

/** The command in a request for a rollout: a method with its request, or `Change`. @throws ApiError */
export function rolloutCommandIn(call: OwnCall): RolloutCommand {
  return rolloutCommandData(call) ?? commandOfMethod(call);
}

function commandOfMethod({ body, methods, unknownNames }: OwnCall): RolloutCommand {
  const { method: name, request = {} } = body;
  if (!isJsonObject(request)) throw unreadable('request must be a JSON object.');
  const commands = methods.filter(({ commandOf }) => commandOf !== undefined);
  const isChange = name === CHANGE;
  const method = commands.find(({ contract: { desc } }) => desc.name === (isChange ? SET_ALL : name));
  const command = method?.commandOf?.(requestOf(method.contract.input, request, unknownNames));
  if (method !== undefined && command?.type === 'change' && isChange) {
    const fields = fieldsIn(method, request);
    if (fields.length === 0) throw unreadable('request must name the settings to change.');
    return { type: 'change', settings: onlyNamed(command.settings, fields) };
  }
  if (command !== undefined && canBeRolledOut(command)) return command;
  const others = commands.map(({ contract: { desc } }) => desc.name).filter((one) => one !== SET_ALL);
  throw unreadable(`method must be one of ${[CHANGE, ...others].join(', ')}.`);
}

function canBeRolledOut(command: {
  readonly type: string;
}): command is Exclude<RolloutCommand, { readonly type: 'change' }> {
  return /^(add|remove)(SecondFactor|MultiFactor|IdentityProvider)$/.test(command.type);
}

/** The fields that a request names, by their JSON names. */
function fieldsIn({ contract: { input } }: ServedMethod, request: JsonObject): readonly string[] {
  return input.fields
    .filter(({ jsonName, name }) =>
      [request[jsonName], request[name]].some((value) => value !== undefined && value !== null),
    )
    .map(({ jsonName }) => jsonName);
}

/** The named settings out of all; lifetimes are named like `passwordCheckLifetime` in the API. */
function onlyNamed({ lifetimes = {}, ...settings }: LoginSettingsInput, names: readonly string[]): LoginSettingsInput {
  const keepNamed = <Setting extends object>(all: Setting, suffix: string): Partial<Setting> => {
    const kept = { ...all };
    for (const name of Object.keys(all)) if (!names.includes(`${name}${suffix}`)) Reflect.deleteProperty(kept, name);
    return kept;
  };
  const namedLifetimes = keepNamed(lifetimes, 'Lifetime');
  const hasNoLifetimes = Object.keys(namedLifetimes).length === 0;
  return { ...keepNamed(settings, ''), ...(!hasNoLifetimes && { lifetimes: namedLifetimes }) };
}
