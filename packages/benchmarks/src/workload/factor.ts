/** What the commands of every row take off and put on again. */
export const FACTOR = 'U2F_WITH_VERIFICATION';
