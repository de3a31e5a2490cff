/** How the statements that tests watch begin. No other test file says what the store's SQL or its tables look like. */
export const SQL = {
  anyRead: 'SELECT',
  deleteEntry: 'DELETE FROM row_index',
  insertEntry: 'INSERT INTO row_index',
  insertEvent: 'INSERT INTO events',
  insertRow: 'INSERT INTO rows',
  readHead: 'SELECT position, id FROM events',
  readLog: 'SELECT position, stream',
  readModel: 'SELECT id AS model',
  readReceipt: 'SELECT fingerprint',
  readRow: 'SELECT row FROM rows',
  readStreamHead: 'SELECT revision, recorded_at',
  updateModel: 'UPDATE models',
} as const;
