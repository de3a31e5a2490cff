import { create } from '@bufbuild/protobuf';
import { DurationSchema, type Duration as DurationMessage } from '@bufbuild/protobuf/wkt';
import type { LoginSettingsView } from '@login-policy/domain';
import type { LifetimesView } from '@login-policy/domain/model';
import { Duration } from 'luxon';
import { PASSWORDLESS_ALLOWED } from './numbers.js';

/** The settings that ZITADEL's messages lack, so that only routes of our own have them: none yet. */
type NotInZitadel = never;

/** The settings in ZITADEL's messages. */
type SettingsOfZitadel = Omit<LoginSettingsView, NotInZitadel>;

/** The settings that have the same name in every request and answer. */
type PlainSettings = Omit<SettingsOfZitadel, 'lifetimes' | 'passwordlessType'>;

/** The lifetimes as requests and answers name them. */
interface LifetimeMessages {
  readonly passwordCheckLifetime?: DurationMessage;
  readonly externalLoginCheckLifetime?: DurationMessage;
  readonly mfaInitSkipLifetime?: DurationMessage;
  readonly secondFactorCheckLifetime?: DurationMessage;
  readonly multiFactorCheckLifetime?: DurationMessage;
}

/** The settings in every request that sets them: all of them, where a missing one is zero. */
export interface SettingsRequest extends PlainSettings, LifetimeMessages {
  readonly passwordlessType: number;
}

/** The settings in a request. An invalid lifetime is passed on, because the domain has the message for it. */
export function settingsOf(request: SettingsRequest): SettingsOfZitadel {
  return {
    ...plainSettings(request),
    passwordlessType: request.passwordlessType === PASSWORDLESS_ALLOWED ? 'ALLOWED' : 'NOT_ALLOWED',
    lifetimes: {
      passwordCheck: durationOf(request.passwordCheckLifetime),
      externalLoginCheck: durationOf(request.externalLoginCheckLifetime),
      mfaInitSkip: durationOf(request.mfaInitSkipLifetime),
      secondFactorCheck: durationOf(request.secondFactorCheckLifetime),
      multiFactorCheck: durationOf(request.multiFactorCheckLifetime),
    },
  };
}

/** The settings in an answer, except for the passwordless type, whose name differs by version. */
export function settingsMessage(settings: LoginSettingsView): PlainSettings & Required<LifetimeMessages> {
  return { ...plainSettings(settings), ...lifetimeMessages(settings.lifetimes) };
}

function plainSettings(settings: PlainSettings): PlainSettings {
  return {
    allowUsernamePassword: settings.allowUsernamePassword,
    allowRegister: settings.allowRegister,
    allowExternalIdp: settings.allowExternalIdp,
    forceMfa: settings.forceMfa,
    forceMfaLocalOnly: settings.forceMfaLocalOnly,
    hidePasswordReset: settings.hidePasswordReset,
    ignoreUnknownUsernames: settings.ignoreUnknownUsernames,
    allowDomainDiscovery: settings.allowDomainDiscovery,
    disableLoginWithEmail: settings.disableLoginWithEmail,
    disableLoginWithPhone: settings.disableLoginWithPhone,
    defaultRedirectUri: settings.defaultRedirectUri,
  };
}

function lifetimeMessages(lifetimes: LifetimesView): Required<LifetimeMessages> {
  return {
    passwordCheckLifetime: durationMessage(lifetimes.passwordCheck),
    externalLoginCheckLifetime: durationMessage(lifetimes.externalLoginCheck),
    mfaInitSkipLifetime: durationMessage(lifetimes.mfaInitSkip),
    secondFactorCheckLifetime: durationMessage(lifetimes.secondFactorCheck),
    multiFactorCheckLifetime: durationMessage(lifetimes.multiFactorCheck),
  };
}

const MS_PER_SECOND = 1000;
const NANOS_PER_MS = 1_000_000;

function durationMessage(lifetime: Duration): DurationMessage {
  const milliseconds = lifetime.toMillis();
  const seconds = Math.trunc(milliseconds / MS_PER_SECOND);
  return create(DurationSchema, {
    seconds: BigInt(seconds),
    nanos: (milliseconds - seconds * MS_PER_SECOND) * NANOS_PER_MS,
  });
}

function durationOf(message: DurationMessage | undefined): Duration {
  if (message === undefined) return Duration.fromMillis(0);
  return Duration.fromMillis(Number(message.seconds) * MS_PER_SECOND + message.nanos / NANOS_PER_MS);
}
