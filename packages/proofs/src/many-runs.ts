import fc from 'fast-check';

// Mocha loads this before the tests. It sets how often properties run that do not set it themselves.
fc.configureGlobal({
  numRuns: Number(process.env['PROOF_ROUNDS'] ?? 100),
  ...(process.env['PROOF_SEED'] !== undefined && { seed: Number(process.env['PROOF_SEED']) }),
});
