import { objectOf, textOf } from './json.js';
import { send } from './request.js';

/** Whether the rows that lists and counts are read from follow the events, and how far they lag. */
export interface ReadModelState {
  /** `following` where they do. */
  readonly state: string;
  readonly events: number;
  readonly seconds: number;
}

/** Reads how far the read model lags. */
export async function readReadModel(): Promise<ReadModelState> {
  const answer = objectOf(await send({ verb: 'GET', path: '/iam/v1/read-model' }), 'the read model');
  const { events, seconds } = answer;
  return { state: textOf(answer['state'], 'state'), events: Number(events), seconds: Number(seconds) };
}
