import { paced } from '@login-policy/testkit';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Quickstart } from '../running-server.js';
import { eventually } from '../waiting.js';

/** How a visitor's window is. */
export interface Window {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly forcedColors?: 'active';
  /** Whether what only programs need is shown. Default: yes. */
  readonly developers?: 'yes' | 'no';
  /** The cookie of a session that goes on, as `name=value`: then the page opens at the default policy. */
  readonly cookie?: string;
}

/** The views, as the page names them. */
type View =
  | 'Overview'
  | 'Default policy'
  | 'Users'
  | 'Organizations'
  | 'Audit'
  | 'Change many policies'
  | 'Proposals'
  | 'Check a sign-in';

/** The views that no link of the navigation leads to, but links of others do. */
const WITHOUT_LINK: Readonly<Partial<Record<View, string>>> = {
  Users: '#/users',
  'Change many policies': '#/rollout',
};

/** Somebody at the page, in a browser that knows nothing of anybody else. */
export class Visitor {
  readonly page: Page;
  /** What the browser found wrong: errors of scripts, what the policies of the page forbid, failed loads. */
  readonly complaints: string[] = [];
  /** Where the page asked anything. */
  readonly origins = new Set<string>();
  readonly #context: BrowserContext;
  readonly #quickstart: Quickstart;

  private constructor(page: Page, context: BrowserContext, quickstart: Quickstart) {
    this.page = page;
    this.#context = context;
    this.#quickstart = quickstart;
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('console', (said) => {
      if (said.type() !== 'error' && said.type() !== 'warning') return;
      if (!isMissingPolicy(said.text(), said.location().url))
        this.complaints.push(`${said.text()} (${said.location().url})`);
    });
    page.on('request', (request) => this.origins.add(new URL(request.url()).origin));
  }

  static async at(browser: Browser, quickstart: Quickstart, look: Window = {}): Promise<Visitor> {
    const { width = 1280, height = 900, colorScheme = 'light', forcedColors = 'none', developers = 'yes' } = look;
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme,
      forcedColors,
      reducedMotion: 'reduce',
      timezoneId: 'UTC',
      locale: 'en-GB',
    });
    // A page that came from no server keeps nothing.
    const developersIs = `try { localStorage.setItem('login-policy-developers', '${developers}') } catch {}`;
    await context.addInitScript(developersIs);
    context.setDefaultTimeout(paced(30_000));
    const visitor = new Visitor(await context.newPage(), context, quickstart);
    const [name = '', value = ''] = look.cookie?.split('=') ?? [];
    if (name !== '')
      await context.addCookies([{ name, value, url: quickstart.url, httpOnly: true, sameSite: 'Strict' }]);
    await visitor.page.goto(name === '' ? quickstart.url : `${quickstart.url}/#/default`);
    return visitor;
  }

  /** Another tab of the same browser. */
  async anotherTab(): Promise<Visitor> {
    const tab = new Visitor(await this.#context.newPage(), this.#context, this.#quickstart);
    await tab.page.goto(`${this.#quickstart.url}/#/default`);
    return tab;
  }

  async signIn(who: 'owner' | 'viewer'): Promise<void> {
    const { name, password } = this.#quickstart.users[who];
    await this.tryToSignIn(name, password);
    await this.page.getByRole('navigation', { name: 'Views' }).waitFor();
    // A dialog may be open already, which keeps links from being clicked.
    await this.page.evaluate("location.hash.startsWith('#/default') || (location.hash = '#/default')");
    await this.defaultPolicy();
  }

  /** Waits until the default policy is shown. */
  async defaultPolicy(): Promise<void> {
    await this.heading('Default policy').waitFor();
    await this.passkeys.waitFor();
  }

  async tryToSignIn(name: string, password: string): Promise<void> {
    const form = this.page.getByRole('form', { name: 'Sign in' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Password').fill(password);
    await this.button('Sign in').click();
  }

  async goTo(view: View): Promise<void> {
    const hash = WITHOUT_LINK[view];
    if (hash === undefined)
      await this.page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view }).click();
    else await this.page.evaluate(`location.hash = '${hash}'`);
    await this.heading(view).waitFor();
  }

  /** Looks at what was allowed now, or at another moment: beside the changes of one policy. */
  async lookBack({ organizationId = '', at = 'now' } = {}): Promise<void> {
    const whose = organizationId === '' ? 'isDefault=true' : `organizationId=${organizationId}`;
    await this.page.evaluate(`location.hash = '#/audit?${whose}&at=${encodeURIComponent(at)}'`);
    await this.page.getByRole('heading', { name: 'What was allowed when' }).waitFor();
  }

  /** Waits until an expression holds in the page, whose policy forbids what Playwright would wait with. */
  async until(expression: string): Promise<void> {
    await eventually(expression, async () => ((await this.page.evaluate<boolean>(expression)) ? true : undefined));
  }

  /** Waits until the page has fetched what its other views need, so that they are there without the server. */
  async allViewsFetched(): Promise<void> {
    await this.until(
      "['policy-', 'views-'].every((name) => performance.getEntriesByType('resource').some((one) => one.name.includes('/assets/' + name) && one.responseEnd > 0))",
    );
  }

  /** Finds an organization where one is asked for, and chooses it. */
  async chooseOrganization(search: string, name: string): Promise<void> {
    const organization = this.page.getByRole('group', { name: 'Organization' });
    await organization.getByRole('button', { name: 'Choose' }).click();
    await organization.getByLabel('Find an organization').fill(search);
    await organization.getByRole('button', { name, exact: true }).click();
  }

  /** Confirms what a dialog shows, and waits until it is done. */
  async confirm(reason?: string): Promise<void> {
    if (reason !== undefined) await this.dialog.getByLabel('Reason').fill(reason);
    await this.dialog.getByRole('button', { name: 'Confirm' }).click();
    await this.dialog.waitFor({ state: 'detached' });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  /** What the page says by the way. */
  get notes(): Locator {
    return this.page.getByRole('status', { name: 'Notes' });
  }

  get errors(): Locator {
    return this.page.getByRole('alert', { name: 'Errors' });
  }

  get details(): Locator {
    return this.page.getByRole('region', { name: 'Details' });
  }

  get passkeys(): Locator {
    return this.switch('Passkeys (U2F with verification)');
  }

  switch(name: string): Locator {
    return this.page.getByRole('switch', { name, exact: true });
  }

  heading(name: string): Locator {
    return this.page.getByRole('heading', { name, level: 1, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  async leave(): Promise<void> {
    // What a test holds back may still be on its way. Some tests close the page themselves.
    if (!this.page.isClosed()) await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.#context.close();
  }
}

/**
 * The browser logs each 404. Of a policy it is a regular answer: another owner may remove the policy while the page
 * reads it.
 */
function isMissingPolicy(text: string, url: string): boolean {
  return text.includes('status of 404') && url.includes('/policies/login');
}
