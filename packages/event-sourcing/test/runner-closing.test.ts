import type { ReadModelStore } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { codeOf, followedStore, toldRunner } from './followed.js';
import { methodsOf } from './watched-read-models.js';

describe('what a caller of a runner waits for', () => {
  for (const call of ['catchUp', 'lag', 'rebuild'] as const) {
    it(`ends when the runner is closed: ${call}`, async () => {
      const store = followedStore();
      const hanging: ReadModelStore = {
        ...store.readModels,
        open: async (projection) => ({
          ...methodsOf(await store.readModels.open(projection)),
          checkpoint: () => new Promise(() => undefined),
          beginRebuild: () => new Promise(() => undefined),
        }),
      };
      const { runner } = await toldRunner({ ...store, readModels: hanging });
      const ending = codeOf(runner[call]());
      await runner.close();
      expect(await ending).to.equal('store-closed');
    });
  }
});
