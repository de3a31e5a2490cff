const HELP = {
  iam_requests_total: 'Requests that were answered.',
  iam_request_seconds_total: 'How long requests took until they were answered, added up.',
  iam_sign_ins_total: 'Tries to sign in.',
  iam_sign_in_records_total: 'Sign-ins that were judged, by whether their record was written.',
  iam_report_only_total: 'Sign-ins by what the change of IAM_REPORT_ONLY would have meant for them.',
  iam_requests_in_flight: 'Requests that are being answered, streams of changes among them.',
  iam_change_streams: 'Streams of changes that are open.',
  iam_store_up: 'Whether the store answered when it was last looked at.',
  iam_consumer_lag_seconds:
    'How long the oldest change has been waiting that a consumer of this process has not handled.',
  iam_consumers_retrying:
    'Consumers of this process whose last attempt failed: sessions to end, receivers of webhooks.',
  process_resident_memory_bytes: 'Memory of the process.',
  process_cpu_seconds_total: 'Processor time of the process.',
  process_start_time_seconds: 'When the process started.',
} as const;

type Name = keyof typeof HELP;
type Labels = Readonly<Record<string, string | number>>;

/** What is counted: some labels, and whose instance it belongs to. */
export interface Counted {
  readonly labels?: Labels;
  /** Absent for what belongs to no instance, such as a request for a host that nobody has. */
  readonly instanceId?: string | undefined;
  readonly by?: number;
}

/** The server's metrics for Prometheus. Counters are those of one instance; gauges are about the process. */
export class Metrics {
  readonly #counts = new Map<Name, Map<string, Map<string, number>>>();
  readonly #gauges = new Map<Name, () => number>([
    ['process_resident_memory_bytes', () => process.memoryUsage.rss()],
    ['process_cpu_seconds_total', () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6],
    ['process_start_time_seconds', () => (Date.now() - performance.now()) / 1000],
  ]);

  /** Adds to a counter. Labels have few values; none is copied from a request. */
  count(name: Name, { by = 1, instanceId = '', labels = {} }: Counted): void {
    const ofAll = this.#counts.get(name) ?? new Map<string, Map<string, number>>();
    const counts = ofAll.get(instanceId) ?? new Map<string, number>();
    const key = labelsOf(labels);
    counts.set(key, (counts.get(key) ?? 0) + by);
    this.#counts.set(name, ofAll.set(instanceId, counts));
  }

  /** Registers a gauge that is read at each scrape. */
  watch(name: Name, look: () => number): void {
    this.#gauges.set(name, look);
  }

  /** Everything that concerns an instance, in Prometheus' text format, version 0.0.4. */
  text(instanceId: string): string {
    const counted = [...this.#counts].flatMap(([name, ofAll]) => [
      ...head(name),
      ...[...(ofAll.get(instanceId) ?? [])].map(([labels, count]) => `${name}${labels} ${count}`),
    ]);
    const watched = [...this.#gauges].flatMap(([name, look]) => [...head(name), `${name} ${look()}`]);
    return `${[...counted, ...watched].join('\n')}\n`;
  }
}

function head(name: Name): readonly string[] {
  return [`# HELP ${name} ${HELP[name]}`, `# TYPE ${name} ${name.endsWith('_total') ? 'counter' : 'gauge'}`];
}

function labelsOf(labels: Labels): string {
  const all = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(String(value))}`);
  return all.length === 0 ? '' : `{${all.join(',')}}`;
}
