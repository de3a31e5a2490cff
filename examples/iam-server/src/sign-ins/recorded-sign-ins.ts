import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { openSignInFiles, type SignInFiles } from '@login-policy/api/sign-in-files';
import type { ReadAnswer, SignIn, SignInAnswer } from '@login-policy/domain';
import { signInRecorder, type RecordSource, type SignInRecorder } from '@login-policy/domain/backtest';
import type { PolicyFound } from '@login-policy/domain/model';
import type { User } from '../accounts/people.js';
import { ADMINISTRATORS } from '../accounts/roles.js';
import { ownerOf } from '../accounts/sign-in-policies.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import type { ReportOnly } from './report-only.js';

/** A sign-in of a user that was judged, and by what. */
export interface JudgedOnce {
  readonly instanceId: string;
  readonly user: User;
  readonly signIn: SignIn;
  readonly answer: SignInAnswer;
  readonly policy: ReadAnswer<PolicyFound>;
}

/** The parts of recording. */
export interface RecordedSignInsOptions {
  readonly dataFolder: string;
  /** The secret of the server's accounts: it keys the pseudonyms. */
  readonly secret: () => string;
  readonly reportOnly: ReportOnly | undefined;
  readonly log: Log;
  readonly metrics: Metrics;
}

const PSEUDONYM_BYTES = 16;

/** Records each judged sign-in in files (docs/how-to/backtest.md). A user is a pseudonym that only this server can make. */
export class RecordedSignIns {
  readonly #files: SignInFiles;
  readonly #recorder: SignInRecorder;
  readonly #options: RecordedSignInsOptions;
  #dropped = 0;
  #isFailing = false;

  constructor(options: RecordedSignInsOptions) {
    this.#options = options;
    this.#files = openSignInFiles({ folder: join(options.dataFolder, 'sign-ins') });
    this.#recorder = signInRecorder(this.#files);
  }

  /** Never throws and never waits. */
  record({ answer, instanceId, policy, signIn, user }: JudgedOnce): void {
    if (policy.outcome === 'rejected') return;
    const { metrics, reportOnly } = this.#options;
    const effect = this.#recorder.record({
      owner: ownerOf(instanceId, user),
      user: this.#pseudonymOf(instanceId, user),
      isAdministrator: ADMINISTRATORS.includes(user.role),
      signIn,
      answer,
      eventId: policy.policy.eventId,
      reportOnly: reportOnly?.over(policy),
    });
    if (effect !== undefined) metrics.count('iam_report_only_total', { labels: { effect }, instanceId });
    const { dropped, lastFailure } = this.#recorder.status();
    const outcome = dropped > this.#dropped ? 'dropped' : 'written';
    this.#dropped = dropped;
    metrics.count('iam_sign_in_records_total', { labels: { outcome }, instanceId });
    this.#note(outcome === 'dropped', lastFailure);
  }

  /** The records from an instant on, and perhaps others, oldest first. */
  sources(span: { readonly since?: Date }): readonly RecordSource[] {
    return this.#files.sources(span);
  }

  close(): Promise<void> {
    return this.#recorder.close();
  }

  #pseudonymOf(instanceId: string, { id }: User): string {
    const mac = createHmac('sha256', this.#options.secret()).update(JSON.stringify(['sign-ins', instanceId, id]));
    return mac.digest().subarray(0, PSEUDONYM_BYTES).toString('base64url');
  }

  /** Once when it begins to fail, and once when it goes on. */
  #note(isFailing: boolean, failure: unknown): void {
    if (isFailing === this.#isFailing) return;
    this.#isFailing = isFailing;
    const why = failure instanceof Error ? failure.message : String(failure);
    if (isFailing) this.#options.log.note('warn', `Sign-ins are not recorded: ${why}.`);
    else this.#options.log.note('info', 'Sign-ins are recorded again.');
  }
}
