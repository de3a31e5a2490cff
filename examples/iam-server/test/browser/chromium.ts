import { existsSync } from 'node:fs';
import { paced } from '@login-policy/testkit';
import { chromium as driver, type Browser } from 'playwright-core';

/** The headless shell comes first: it costs less processor time than a whole browser. */
const PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** The Chromium that `CHROMIUM` names, or the first that stands where one is usually put. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  return (named === undefined || named === '' ? PLACES : [named]).find((place) => existsSync(place));
}

/** Starts a browser with no profile, no window, and no calls home. */
export function openBrowser(executablePath: string): Promise<Browser> {
  const quiet = ['background-networking', 'component-update', 'sync', 'quic', 'gpu'].map((name) => `--disable-${name}`);
  return driver.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', ...quiet], timeout: paced(60_000) });
}
