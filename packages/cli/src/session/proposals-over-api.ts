import { withMembers } from './answers.js';
import type { ApiClient } from './api-client.js';
import { acknowledgeHeader, queryOf, reasonHeader } from './api-headers.js';
import type { LookedAtJson, ProposalJson, Proposing } from './proposing.js';

const ANSWERED = withMembers<{ readonly proposal: ProposalJson }>('proposal');
const LISTED = withMembers<{ readonly proposals: readonly ProposalJson[]; readonly next?: string }>('proposals');
const PAGE = 1000;

/** The proposals behind the API of a server. */
export function proposalsOverApi(api: ApiClient): Proposing {
  return {
    async propose({ command, isEverywhere, ref, seen }, { acknowledge, by, ...dates }) {
      const body = { ...(isEverywhere ? { rollout: { command, seen } } : { command, seen }), ...dates };
      const headers = { ...acknowledgeHeader(acknowledge), ...reasonHeader(by) };
      return (await api.json({ verb: 'POST', route: '_propose', ref, body, headers }, ANSWERED)).proposal;
    },
    async list(which) {
      const all: ProposalJson[] = [];
      for (let after: string | undefined; ;) {
        const { next, proposals } = await api.json(
          { route: `proposals${queryOf({ which, limit: PAGE, after })}` },
          LISTED,
        );
        all.push(...proposals);
        if (next === undefined) return all;
        after = next;
      }
    },
    look: (id) => api.json({ route: `proposal${queryOf({ id })}` }, withMembers<LookedAtJson>('proposal')),
    approve: async (id, seen, by) => {
      const request = {
        verb: 'POST',
        route: '_approve_proposal',
        body: { id, seen },
        headers: reasonHeader(by),
      } as const;
      return (await api.json(request, ANSWERED)).proposal;
    },
    close: async (id, how, by) => {
      const request = { verb: 'POST', route: `_${how}_proposal`, body: { id }, headers: reasonHeader(by) } as const;
      return (await api.json(request, ANSWERED)).proposal;
    },
  };
}
