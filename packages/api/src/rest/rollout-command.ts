import type { JsonObject } from '@bufbuild/protobuf';
import type { LoginSettingsInput, RolloutCommand } from '@login-policy/domain';
import type { ServedMethod } from '../calls/served-method.js';
import { unreadable } from '../errors/refusals.js';
import { rolloutCommandData } from './command-data.js';
import type { OwnCall } from './own-route.js';
import { isJsonObject, requestOf } from './read-request.js';

/**
 * The method that sets all settings. It can't be rolled out, because it would overwrite each organization's own
 * settings.
 */
const FULL = 'UpdateLoginPolicy';
/** Our command in its place. */
const CHANGE = 'Change';

/** The command in a request for a rollout: a method with its request, or `Change`. @throws ApiError */
export function rolloutCommandIn(call: OwnCall): RolloutCommand {
  return rolloutCommandData(call) ?? ofMethod(call);
}

function ofMethod({ body, methods, unknownNames }: OwnCall): RolloutCommand {
  const { method: name, request = {} } = body;
  if (!isJsonObject(request)) throw unreadable('request must be a JSON object.');
  const changing = methods.filter(({ commandOf }) => commandOf !== undefined);
  const isFull = name === CHANGE;
  const method = changing.find(({ contract: { desc } }) => desc.name === (isFull ? FULL : name));
  const command = method?.commandOf?.(requestOf(method.contract.input, request, unknownNames));
  if (method !== undefined && command?.type === 'change' && isFull) {
    const fields = fieldsIn(method, request);
    if (fields.length === 0) throw unreadable('request must name the settings to change.');
    return { type: 'change', settings: named(command.settings, fields) };
  }
  if (command !== undefined && isForAll(command)) return command;
  const others = changing.map(({ contract: { desc } }) => desc.name).filter((one) => one !== FULL);
  throw unreadable(`method must be one of ${[CHANGE, ...others].join(', ')}.`);
}

function isForAll(command: { readonly type: string }): command is Exclude<RolloutCommand, { readonly type: 'change' }> {
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
function named({ lifetimes = {}, ...settings }: LoginSettingsInput, names: readonly string[]): LoginSettingsInput {
  const among = <Setting extends object>(all: Setting, suffix: string): Partial<Setting> => {
    const taken = { ...all };
    for (const name of Object.keys(all)) if (!names.includes(`${name}${suffix}`)) Reflect.deleteProperty(taken, name);
    return taken;
  };
  const namedLifetimes = among(lifetimes, 'Lifetime');
  const isWithout = Object.keys(namedLifetimes).length === 0;
  return { ...among(settings, ''), ...(!isWithout && { lifetimes: namedLifetimes }) };
}
