import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { after, afterEach, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { AccountsFile } from '../accounts-file.js';
import { ANY_LOCK_OUT, bearer, call, json, signIn, type Answered } from '../client.js';
import { commandIn, TestBench, type Quickstart, type Server, type ServerProcess } from '../running-server.js';
import { findChromium, openBrowser } from './chromium.js';
import { Visitor, type Window } from './visitor.js';

/** What the tests look at of the default policy. */
export interface PolicySeen {
  readonly details: { readonly sequence: string; readonly creationDate: string; readonly changeDate: string };
  readonly multiFactors?: readonly string[];
  readonly allowRegister?: boolean;
  readonly allowUsernamePassword?: boolean;
  readonly defaultRedirectUri?: string;
  readonly idps?: readonly { readonly idpId: string }[];
}

/** The server as `npm start` brings it up, and a browser that looks at it. */
export class Stage {
  readonly #bench = new TestBench();
  readonly #visitors: Visitor[] = [];
  #browser: Browser | undefined;
  #quickstart: Quickstart | undefined;
  #server: Server | undefined;

  async open(executablePath: string): Promise<void> {
    this.#browser = await openBrowser(executablePath);
  }

  /** A new server in a new folder. The one before it ends. */
  async serve(variables: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#bench.clear();
    const { server, quickstart } = await this.#bench.serve(variables);
    this.#server = server;
    this.#quickstart = quickstart;
  }

  /** The same as a process of its own, which can be stopped in the middle of everything. */
  async serveAlone(): Promise<ServerProcess> {
    const { server, quickstart } = await this.#bench.serveAlone();
    this.#quickstart = quickstart;
    return server;
  }

  /** Ends the server, and starts it again where it was, once something was done while it was away. */
  async restart(whileAway: () => Promise<void>): Promise<void> {
    await this.#running.stop();
    await whileAway();
    await this.#running.start({ PORT: new URL(this.quickstart.url).port });
  }

  /** Puts other organizations into the directory. */
  async direct(organizations: readonly { readonly id: string; readonly name: string }[]): Promise<void> {
    using accounts = new AccountsFile(this.#running);
    accounts.direct(organizations);
  }

  /** Runs a command of the server beside it, and returns what it printed. */
  command(line: readonly string[]): Promise<string> {
    return commandIn(this.#running.folder, line);
  }

  /** Has changes told to receivers that are named, as an operator does. */
  async tell(receivers: readonly object[]): Promise<void> {
    const file = join(this.#running.folder, '.data', 'webhooks.json');
    await this.restart(() => writeFile(file, JSON.stringify({ receivers }), { mode: 0o600 }));
  }

  /** Ends every session, as its end does. */
  async endSessions(): Promise<void> {
    using accounts = new AccountsFile(this.#running);
    accounts.run('DELETE FROM sessions');
  }

  /** The file the server keeps policies in. */
  get storeFile(): string {
    return join(this.#running.folder, '.data', 'login-policy.sqlite');
  }

  get #running(): Server {
    if (this.#server === undefined) throw new Error('no server was started');
    return this.#server;
  }

  get quickstart(): Quickstart {
    if (this.#quickstart === undefined) throw new Error('no server was started');
    return this.#quickstart;
  }

  async visitor(look?: Window): Promise<Visitor> {
    if (this.#browser === undefined) throw new Error('no browser was started');
    const visitor = await Visitor.at(this.#browser, this.quickstart, look);
    this.#visitors.push(visitor);
    return visitor;
  }

  /** The owner at the default policy, signed in already: the form of the sign-in has tests of its own. */
  async owner(look?: Window): Promise<Visitor> {
    const { cookie } = await signIn(this.quickstart, 'owner');
    const visitor = await this.visitor({ ...look, cookie });
    await visitor.defaultPolicy();
    return visitor;
  }

  /** Asks the API as a machine does, beside the page. */
  async api(verb: string, path: string, body?: unknown): Promise<Answered> {
    const { tokens, url } = this.quickstart;
    const headers = { ...bearer(tokens.owner), 'login-policy-acknowledge': ANY_LOCK_OUT };
    const answer = await call(url, path, { verb, headers, ...(body !== undefined && { body }) });
    expect(answer.status, `${verb} ${path}: ${answer.bytes.toString()}`).to.equal(200);
    return answer;
  }

  /** The same for the policy of an organization, as in `POST /_customize`: the path begins after that of its policy. */
  async apiOf(organizationId: string, request: string, body?: unknown): Promise<Answered> {
    const { tokens, url } = this.quickstart;
    const [verb = '', path = ''] = request.split(' ');
    const acknowledged = { 'login-policy-acknowledge': ANY_LOCK_OUT };
    const headers = { ...bearer(tokens.owner), ...acknowledged, 'x-zitadel-orgid': organizationId };
    const ask = { verb, headers, ...(body !== undefined && { body }) };
    const answer = await call(url, `/management/v1/policies/login${path}`, ask);
    expect(answer.status, `${verb} ${path}: ${answer.bytes.toString()}`).to.equal(200);
    return answer;
  }

  /** The default policy as the API has it. */
  async policy(): Promise<PolicySeen> {
    return json<{ policy: PolicySeen }>(await this.api('GET', '/admin/v1/policies/login')).policy;
  }

  /** Sends all visitors home; none may have found anything wrong, or have asked anybody but the server. */
  async sendHome(): Promise<void> {
    for (const visitor of this.#visitors.splice(0)) {
      await visitor.leave();
      expect(visitor.complaints.filter((one) => !EXPECTED.test(one))).to.deep.equal([]);
      expect([...visitor.origins]).to.deep.equal([new URL(this.quickstart.url).origin]);
    }
  }

  async close(): Promise<void> {
    await this.#bench.clear();
    await this.#browser?.close();
  }
}

/** What a browser writes of a server that can't be reached. */
const AWAY = /^Failed to load resource: net::ERR_/;

/** What the browser said of a server that was away on purpose. */
export function excuse({ complaints }: Visitor): void {
  expect(complaints.filter((one) => !AWAY.test(one) && !EXPECTED.test(one))).to.deep.equal([]);
  complaints.splice(0);
}

/**
 * What a browser writes of each refusal: 401 for a visitor who is not signed in, 409 or 412 for the second to change
 * something; 400 for looking back with a change that was recorded since it was previewed.
 */
const EXPECTED =
  /^Failed to load resource: the server responded with a status of ((401|403|409|412|429) |400 .*\/_backtest\)$)/;

/**
 * Tests that need a browser. Without one they are not run, and the reporter says so at the end; where `CI` is set, it
 * is a failure.
 */
export function describeInBrowser(title: string, tests: (stage: Stage) => void): void {
  const executablePath = findChromium();
  describe(title, function () {
    if (executablePath === undefined) return withoutBrowser();
    // A browser has clocks of its own: what fails is tried once more, and both are said (docs/how-to/run-the-tests.md).
    this.retries(1);
    const stage = new Stage();
    before(() => stage.open(executablePath));
    afterEach(() => stage.sendHome());
    after(() => stage.close());
    tests(stage);
  });
}

function withoutBrowser(): void {
  if (process.env['CI'] === undefined) it(NOT_RUN);
  else it('needs Chromium, which .ci/run installs', () => expect.fail('no Chromium was found'));
}

const NOT_RUN =
  'NOT RUN: the tests of the IAM server’s page in a browser. No Chromium was found: install it (on Debian, apt-get install chromium), or name it in CHROMIUM.';
