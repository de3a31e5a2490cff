import { before, it } from 'mocha';
import { Secret, TOTP } from 'otpauth';
import { describeInBrowser } from './suite.js';

describeInBrowser('the page: signing in with a second factor', (stage) => {
  before(() => stage.serve());

  it('shows the key to set up an authenticator app, and accepts its code', async () => {
    const owner = await stage.owner();
    await owner.switch('Require a second factor').click();
    await owner.button('Review and save').click();
    await owner.confirm();
    const visitor = await stage.visitor();
    await visitor.tryToSignIn('viewer', stage.quickstart.users.viewer.password);
    await visitor.page.getByText('A second factor is required.').waitFor();
    const secret = await visitor.page.locator('code').innerText();
    await visitor.page.getByLabel('Code').fill('000 000');
    await visitor.button('Sign in').click();
    await visitor.page.getByText('Incorrect or used code.').waitFor();
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate();
    await visitor.page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await visitor.button('Sign in').click();
    await visitor.heading('Overview').waitFor();
  });
});
