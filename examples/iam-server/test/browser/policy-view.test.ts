import { expect } from 'chai';
import { before, it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

describeInBrowser('the page: a policy by the steps of a sign-in', (stage) => {
  before(() => stage.serve());

  it('says how people sign in, and says it anew with each change that is not saved yet', async () => {
    const visitor = await stage.owner({ developers: 'no' });
    const how = visitor.page.getByRole('region', { name: 'How people sign in here' });
    await how.getByText('People sign in with a password or a passkey.').waitFor();
    await how.getByText('a password alone is enough').waitFor();
    await visitor.switch('Require a second factor').click();
    await how.getByText('with your changes, not saved yet').waitFor();
    await how.getByText('A second factor is required. Who has none sets one up first.').waitFor();
    await visitor.page.getByRole('textbox', { name: 'Password check', exact: true }).fill('0');
    await how.getByText('for the password every time').waitFor();
    expect((await stage.policy()).details.sequence, 'nothing is written').to.equal('4');
    await visitor.button('Discard').click();
    await how.getByText('a password alone is enough').waitFor();
  });

  it('stands in two columns at 1,280, with what it comes to beside the steps', async () => {
    const visitor = await stage.owner({ width: 1280, developers: 'no' });
    const [how, first] = [await boxOf(visitor, 'How people sign in here'), await boxOf(visitor, 'First step')];
    expect(how.x).to.be.above(first.x + first.width);
    expect(how.y).to.equal(first.y);
    const [password, provider] = [
      await visitor.switch('Username and password').boundingBox(),
      await visitor.switch('External identity providers').boundingBox(),
    ];
    expect(password?.y).to.equal(provider?.y);
  });

  it('begins within 120 px on a phone, where the account is behind a button', async () => {
    const visitor = await stage.owner({ width: 375, height: 812, developers: 'no' });
    const header = await visitor.page.getByRole('banner').boundingBox();
    expect(header?.height).to.be.at.most(120);
    const [how, first] = [await boxOf(visitor, 'How people sign in here'), await boxOf(visitor, 'First step')];
    expect([how.x, how.width]).to.deep.equal([first.x, first.width]);
    expect(await visitor.button('Sign out').isVisible()).to.equal(false);
    await visitor.button('Account').click();
    await visitor.page.keyboard.press('Escape');
    expect(await visitor.button('Sign out').isVisible()).to.equal(false);
    await visitor.button('Account').click();
    await visitor.button('Sign out').click();
    await visitor.page.getByRole('form', { name: 'Sign in' }).waitFor();
  });
});

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

async function boxOf({ page }: Visitor, name: string): Promise<Box> {
  const box = await page.getByRole('region', { name }).boundingBox();
  if (box === null) return expect.fail(`${name} is not shown`);
  return box;
}
