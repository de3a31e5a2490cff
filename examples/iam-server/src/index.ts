// The program is main.ts. These exports are for tests that would take too long from outside.
export { SignInAttempts } from './accounts/sign-in-attempts.js';
export { announcement } from './announcement.js';
export { CannotStart, readConfig } from './config.js';
export { CustomPolicies } from './directory/custom-policies.js';
export { exchangeOf, networkIn } from './http/exchange.js';
export { logTo, type Log, type LogFacts } from './log.js';
export { SessionFiles } from './sessions/session-files.js';
export { ChangesFeed, type Change, type OnChanges } from './routes/changes-feed.js';
export { ChangesStreams } from './routes/changes-streams.js';
export { start, type Running } from './start.js';
export { signedHeaders } from './webhooks/signature.js';
export { StoreWatch } from './store-watch.js';
