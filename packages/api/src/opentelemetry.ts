import {
  context,
  metrics,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Meter,
  type ObservableResult,
  type Tracer,
} from '@opentelemetry/api';
import type { LoginPolicies } from '@login-policy/domain';
import { type Observation, type Observe, type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import type { ApiRequest } from './ports/ports.js';
import type { AccessEntry, Hooks } from './server/exchange.js';

const NAME = '@login-policy/api';

/** The tracer and meter to use. */
export interface OpenTelemetryOptions {
  /** Default: from the global provider. */
  readonly tracer?: Tracer;
  /** Default: from the global provider. */
  readonly meter?: Meter;
}

/** The connections to OpenTelemetry. */
export interface OpenTelemetry {
  /**
   * For `openLoginPolicies` and the stores: spans of calls, appends and consumers' handlers, with metrics, and the lag
   * of consumers.
   */
  readonly observe: Observe;
  /** For `createApi`: a span around each request, as a child of the caller's `traceparent`, and its duration. */
  readonly hooks: Required<Pick<Hooks, 'around' | 'onAnswered'>>;
  /** Measures the read model's lag at each collection of metrics. The returned function stops that. */
  readonly watchLag: (policies: Pick<LoginPolicies, 'readModel'>) => () => void;
}

const OPTIONS: OptionRules<OpenTelemetryOptions> = {
  tracer: rule.optional(rule.withMethods('startSpan')),
  meter: rule.optional(rule.withMethods('createHistogram')),
};

/**
 * Traces and metrics over `@opentelemetry/api`. Without an OpenTelemetry SDK it does nothing.
 *
 * @throws RangeError that names an unknown or malformed option.
 */
export function openTelemetry(given: OpenTelemetryOptions = {}): OpenTelemetry {
  const options = parseOptions(given, 'openTelemetry', OPTIONS);
  const tracer = options.tracer ?? trace.getTracer(NAME);
  const meter = options.meter ?? metrics.getMeter(NAME);
  return {
    observe: observer(tracer, meter),
    hooks: hooksOf(tracer, meter),
    watchLag: (policies) => watchLag(meter, policies),
  };
}

function observer(tracer: Tracer, meter: Meter): Observe {
  const calls = meter.createHistogram('login_policy.call.duration', { unit: 's' });
  const appends = meter.createHistogram('login_policy.append.duration', { unit: 's' });
  const decisions = meter.createCounter('login_policy.decisions');
  const groups = meter.createHistogram('login_policy.append.group', { unit: '{append}' });
  const handled = meter.createHistogram('login_policy.consumer.duration', { unit: 's' });
  const lags = meter.createGauge('login_policy.consumer.lag', { unit: 's' });
  return (observation: Observation) => {
    switch (observation.type) {
      case 'call': {
        const attributes = { 'login_policy.call': observation.call, outcome: observation.outcome };
        calls.record(observation.durationMs / 1000, attributes);
        return recordSpan(tracer, observation, { name: `login-policy ${observation.call}`, attributes });
      }
      case 'append': {
        const attributes = { outcome: observation.outcome };
        appends.record(observation.durationMs / 1000, attributes);
        return recordSpan(tracer, observation, {
          name: 'login-policy append',
          attributes: { ...attributes, events: observation.events },
        });
      }
      case 'decision':
        return decisions.add(1, { outcome: observation.outcome });
      case 'group':
        return groups.record(observation.appends);
      case 'handled': {
        const attributes = { 'login_policy.consumer': observation.consumer, outcome: observation.outcome };
        handled.record(observation.durationMs / 1000, attributes);
        return recordSpan(tracer, observation, { name: `login-policy ${observation.consumer}`, attributes });
      }
      case 'consumer':
        // A standby does not know its lag.
        return observation.lag === undefined
          ? undefined
          : lags.record(observation.lag, { 'login_policy.consumer': observation.consumer });
    }
  };
}

/** Records a span that ends now, within the active span of its request. */
function recordSpan(
  tracer: Tracer,
  { durationMs, outcome }: { readonly durationMs: number; readonly outcome: string },
  { attributes, name }: { readonly name: string; readonly attributes: Attributes },
): void {
  const ended = Date.now();
  const span = tracer.startSpan(name, { startTime: ended - durationMs, attributes });
  if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(ended);
}

function hooksOf(tracer: Tracer, meter: Meter): OpenTelemetry['hooks'] {
  const requests = meter.createHistogram('login_policy.request.duration', { unit: 's' });
  return {
    around: (request, requestId, answer) => {
      const parent = propagation.extract(context.active(), request, { get: headerOf, keys: () => [] });
      const attributes = { 'login_policy.request_id': requestId };
      return tracer.startActiveSpan('login-policy', { kind: SpanKind.SERVER, attributes }, parent, async (span) => {
        try {
          await answer();
        } finally {
          span.end();
        }
      });
    },
    onAnswered: (entry) => {
      const { code, method = 'none', protocol } = entry;
      requests.record(entry.durationMs / 1000, { protocol, 'rpc.method': method, code });
      const span = trace.getActiveSpan();
      span?.updateName(method === 'none' ? 'login-policy' : method).setAttributes(attributesOf(entry));
      // Only our own failures are errors: a refusal is an answer.
      if (code === 13 || code === 14) span?.setStatus({ code: SpanStatusCode.ERROR });
    },
  };
}

function headerOf(request: ApiRequest, name: string): string | undefined {
  return request.get(name.toLowerCase());
}

function attributesOf(entry: AccessEntry): Attributes {
  const { callerId, instanceId, method, refusal } = entry;
  return {
    'rpc.system': entry.protocol,
    'rpc.grpc.status_code': entry.code,
    'http.response.status_code': entry.httpStatus,
    ...(method !== undefined && { 'rpc.method': method }),
    ...(callerId !== undefined && { 'enduser.id': callerId }),
    ...(instanceId !== undefined && { 'login_policy.instance_id': instanceId }),
    ...(refusal !== undefined && { 'login_policy.refusal': refusal }),
  };
}

function watchLag(meter: Meter, { readModel }: Pick<LoginPolicies, 'readModel'>): () => void {
  const lag = meter.createObservableGauge('login_policy.read_model.lag', { unit: 's' });
  const observeLag = async (result: ObservableResult): Promise<void> => {
    // An unknown lag records no point; other metrics show that a store is unavailable.
    const measured = await readModel.lag().catch(() => undefined);
    if (measured !== undefined) result.observe(measured.seconds);
  };
  lag.addCallback(observeLag);
  return () => lag.removeCallback(observeLag);
}
