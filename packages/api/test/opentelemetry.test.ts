import { afterEach, beforeEach, describe, it } from 'mocha';
import { expect } from 'chai';
import { context, propagation, trace, type Meter, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { openTelemetry } from '@login-policy/api/opentelemetry';
import { openService, ROOT } from './service.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const REMOVAL = '/admin/v1/policies/login/multi_factors/1';

/** An SDK that keeps all it is told. */
function sdk() {
  const spans = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  const [tracer, meter]: [Tracer, Meter] = [provider.getTracer('test'), meters.getMeter('test')];
  const points = async (): Promise<ReadonlyMap<string, readonly object[]>> => {
    await meters.forceFlush();
    const metrics =
      exporter
        .getMetrics()
        .at(-1)
        ?.scopeMetrics.flatMap((scope) => scope.metrics) ?? [];
    return new Map(
      metrics.map(({ dataPoints, descriptor }) => [descriptor.name, dataPoints.map(({ attributes }) => attributes)]),
    );
  };
  return { spans, tracer, meter, points, close: () => meters.shutdown() };
}

describe('OpenTelemetry', () => {
  beforeEach(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });
  afterEach(() => {
    for (const api of [context, propagation, trace]) api.disable();
  });

  it('creates a span per request in the trace of the caller, with child spans', async () => {
    const { close, meter, spans, tracer } = sdk();
    const { hooks, observe } = openTelemetry({ tracer, meter });
    const service = await openService({ api: hooks, observe });
    spans.reset();
    const headers = { authorization: `Bearer ${ROOT}`, traceparent: `00-${TRACE}-00f067aa0ba902b7-01` };
    await fetch(`${service.url}${REMOVAL}`, { method: 'DELETE', headers });
    const [append, call, request] = spans.getFinishedSpans();
    expect([append?.name, call?.name, request?.name]).to.deep.equal([
      'login-policy append',
      'login-policy removeMultiFactor',
      'zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy',
    ]);
    expect(request?.attributes).to.include({ 'enduser.id': 'root', 'rpc.grpc.status_code': 0, 'rpc.system': 'rest' });
    for (const span of [append, call]) {
      expect(span?.spanContext().traceId).to.equal(TRACE);
      expect(span?.parentSpanContext?.spanId).to.equal(request?.spanContext().spanId);
    }
    expect(request?.parentSpanContext?.spanId).to.equal('00f067aa0ba902b7');
    await service.close();
    await close();
  });

  it('counts requests, calls, decisions and appends, and measures the lag of the read model', async () => {
    const { close, meter, points, tracer } = sdk();
    const telemetry = openTelemetry({ tracer, meter });
    const service = await openService({ api: telemetry.hooks, observe: telemetry.observe });
    const stop = telemetry.watchLag(service.policies);
    for (const authorization of [`Bearer ${ROOT}`, 'Bearer of-a-stranger']) {
      await fetch(`${service.url}${REMOVAL}`, { method: 'DELETE', headers: { authorization } });
    }
    const counted = await points();
    const method = 'zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
    expect(counted.get('login_policy.request.duration')).to.deep.equal([
      { protocol: 'rest', 'rpc.method': method, code: 0 },
      { protocol: 'rest', 'rpc.method': method, code: 16 },
    ]);
    expect(counted.get('login_policy.call.duration')).to.deep.include({
      'login_policy.call': 'removeMultiFactor',
      outcome: 'answered',
    });
    expect(counted.get('login_policy.decisions')).to.deep.equal([{ outcome: 'accepted' }]);
    expect(counted.get('login_policy.append.duration')).to.deep.equal([{ outcome: 'written' }]);
    expect(counted.get('login_policy.read_model.lag')).to.have.length(1);
    stop();
    await service.close();
    await close();
  });
});
