import { expect } from 'chai';
import { it } from 'mocha';
import { describeInBrowser } from './suite.js';
import type { Visitor } from './visitor.js';

const FORCED = '{"wish":"change-settings","patch":{"forceMfa":true}}';

describeInBrowser('the page: yesterday’s sign-ins', (stage) => {
  /** Opens the preview of a change by its address. */
  async function preview(visitor: Visitor, change: string): Promise<void> {
    await visitor.page.goto(`${stage.quickstart.url}/#/default?change=${encodeURIComponent(change)}`);
    await visitor.page.reload();
    await visitor.dialog.getByRole('heading', { name: 'Who is affected' }).waitFor();
  }

  it('are in the preview of a change: how many would have ended otherwise, and why', async () => {
    await stage.serve();
    const visitor = await stage.owner();
    await preview(visitor, FORCED);
    const section = visitor.dialog.getByRole('region', { name: 'Yesterday’s sign-ins' });
    await section.getByText('Of the one sign-in since this time yesterday, 1 would have ended otherwise.').waitFor();
    await section.getByRole('row', { name: /^Has to set up a factor 1 sign-in 1 by administrators/ }).waitFor();
    await section.getByText('Shown: password (1)').waitFor();
    await visitor.button('Cancel').click();
    await preview(visitor, '{"wish":"remove-factor","factor":"U2F"}');
    await section.getByText('The one sign-in since this time yesterday would have ended the same.').waitFor();
  });

  it('are waited for while somebody else reads them, and say so where they can’t be read', async () => {
    await stage.serve();
    const visitor = await stage.owner();
    const details = [{ id: 'LP-BACKTEST-01', message: 'They are being read for somebody else.' }];
    await visitor.page.route('**/_backtest', (route) => route.fulfill({ status: 429, json: { details } }), {
      times: 1,
    });
    await preview(visitor, FORCED);
    const section = visitor.dialog.getByRole('region', { name: 'Yesterday’s sign-ins' });
    await section.getByText('1 would have ended otherwise').waitFor();
    await visitor.page.route('**/_backtest', (route) => route.fulfill({ status: 503, json: {} }), { times: 1 });
    await preview(visitor, FORCED);
    await section.getByText('What it would have meant for them can’t be read now').waitFor();
    expect(await visitor.dialog.getByRole('button', { name: 'Confirm' }).isEnabled()).to.equal(true);
    await section.getByRole('button', { name: 'Try again' }).click();
    await section.getByText('1 would have ended otherwise').waitFor();
    visitor.complaints.splice(0);
  });

  it('are not spoken of where the server records none', async () => {
    await stage.serve({ IAM_SIGN_INS: 'no' });
    const visitor = await stage.owner();
    const answered = visitor.page.waitForResponse('**/_backtest');
    await preview(visitor, FORCED);
    expect((await answered).status()).to.equal(404);
    await visitor.dialog.getByText('Has to set up a factor').waitFor();
    expect(await visitor.dialog.getByText('esterday').count()).to.equal(0);
    expect(await visitor.dialog.locator('.try-again').count()).to.equal(0);
  });
});
