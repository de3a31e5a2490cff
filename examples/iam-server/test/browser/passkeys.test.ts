import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

describeInBrowser('the page: signing in with a passkey', (stage) => {
  before(() => stage.serve());

  it('adds a passkey, signs in without a password, and is signed out when the policy no longer allows passkeys', async () => {
    const viewer = await stage.visitor();
    await atLocalhost(viewer);
    await viewer.signIn('viewer');
    await viewer.button('Passkeys').click();
    await viewer.dialog.getByText('You have no passkeys yet.').waitFor();
    await viewer.button('Add a passkey').click();
    await viewer.dialog.getByText('The passkey was added.').waitFor();
    await viewer.dialog.getByText('never used').waitFor();
    await viewer.button('Close').click();
    await viewer.button('Sign out').click();
    await viewer.button('Sign in with a passkey').click();
    await viewer.heading('Default policy').waitFor();

    // The passkey is removed from the default policy: a session that rests on one ends, on an open page too.
    await stage.api('DELETE', '/admin/v1/policies/login/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION');
    await viewer.page.getByText('Your session has ended.').waitFor();
    await viewer.button('Sign in with a passkey').click();
    await viewer.page.getByText('The login policy does not allow passkeys. Sign in with your password.').waitFor();

    await viewer.signIn('viewer');
    await viewer.button('Passkeys').click();
    await viewer.dialog.getByText('last used').waitFor();
    await viewer.dialog.getByRole('button', { name: 'Remove' }).click();
    await viewer.dialog.getByText('The passkey was removed.').waitFor();
    await viewer.dialog.getByText('You have no passkeys yet.').waitFor();
    // A browser logs that a request was refused.
    expect(viewer.complaints.filter((one) => !/status of 40[13]/.test(one))).to.deep.equal([]);
    viewer.complaints.length = 0;
    // The stage knows the server by its address.
    viewer.origins.clear();
    viewer.origins.add(new URL(stage.quickstart.url).origin);
  });

  it('explains that a passkey needs a host name if the page was opened by an IP address', async () => {
    const visitor = await stage.visitor();
    await visitor.button('Sign in with a passkey').click();
    await visitor.page.getByText('Passkeys need a host name.').waitFor();
    visitor.complaints.length = 0;
  });
});

/** Opens the page under a name, in a browser with an authenticator that always agrees. */
async function atLocalhost({ page }: Visitor): Promise<void> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('WebAuthn.enable');
  await devTools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await page.goto(page.url().replace('127.0.0.1', 'localhost'));
}
