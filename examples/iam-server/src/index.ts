// The program is main.ts. This is what tests look at from inside, since from outside it would take hours.
export { SignInAttempts } from './accounts/sign-in-attempts.js';
export { logTo } from './log.js';
