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
import type { Observation, Observe } from '@login-policy/event-sourcing';
import type { ApiRequest } from './ports/ports.js';
import type { AccessEntry, Hooks } from './server/exchange.js';

const NAME = '@login-policy/api';

/** With what is traced and counted. */
export interface OpenTelemetryOptions {
  /** Default: of the global provider. */
  readonly tracer?: Tracer;
  /** Default: of the global provider. */
  readonly meter?: Meter;
}

/** What OpenTelemetry is told by. */
export interface OpenTelemetry {
  /** For `openLoginPolicies` and the stores: spans of calls, appends and handlers of consumers, their numbers, and how far consumers are behind. */
  readonly observe: Observe;
  /** For `createApi`: a span around each request, which goes on from the caller's `traceparent`, and its duration. */
  readonly hooks: Required<Pick<Hooks, 'around' | 'onAnswered'>>;
  /** Has the lag of the read model asked for each time that metrics are collected. Give back what it answers to end that. */
  readonly watchLag: (policies: Pick<LoginPolicies, 'readModel'>) => () => void;
}

/** Traces and metrics over `@opentelemetry/api`. Without an SDK of OpenTelemetry it does nothing. */
export function openTelemetry(options: OpenTelemetryOptions = {}): OpenTelemetry {
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
  return (seen: Observation) => {
    switch (seen.type) {
      case 'call': {
        const attributes = { 'login_policy.call': seen.call, outcome: seen.outcome };
        calls.record(seen.durationMs / 1000, attributes);
        return past(tracer, seen, { name: `login-policy ${seen.call}`, attributes });
      }
      case 'append': {
        const attributes = { outcome: seen.outcome };
        appends.record(seen.durationMs / 1000, attributes);
        return past(tracer, seen, { name: 'login-policy append', attributes: { ...attributes, events: seen.events } });
      }
      case 'decision':
        return decisions.add(1, { outcome: seen.outcome });
      case 'group':
        return groups.record(seen.appends);
      case 'handled': {
        const attributes = { 'login_policy.consumer': seen.consumer, outcome: seen.outcome };
        handled.record(seen.durationMs / 1000, attributes);
        return past(tracer, seen, { name: `login-policy ${seen.consumer}`, attributes });
      }
      case 'consumer':
        // Who stands by does not know.
        return seen.lag === undefined ? undefined : lags.record(seen.lag, { 'login_policy.consumer': seen.consumer });
    }
  };
}

/** A span of what is over, within the request that it was a part of. */
function past(
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
      // Only what is nobody's doing but ours: a refusal is an answer.
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
  const ask = async (result: ObservableResult): Promise<void> => {
    // What can't be found out leaves no point; that the store is away shows elsewhere.
    const found = await readModel.lag().catch(() => undefined);
    if (found !== undefined) result.observe(found.seconds);
  };
  lag.addCallback(ask);
  return () => lag.removeCallback(ask);
}
