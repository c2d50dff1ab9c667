// "N passed, N failed[, N skipped]" out of Jest's JSON. A suite that could not run counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

const path = process.argv[2];
const results = existsSync(path)
  ? JSON.parse(readFileSync(path, 'utf8'))
  : { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1, numPendingTests: 0 };
const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
const skipped = results.numPendingTests > 0 ? `, ${results.numPendingTests} skipped` : '';
console.log(`${results.numPassedTests} passed, ${failed} failed${skipped}`);
process.exitCode = failed === 0 && results.numPassedTests > 0 ? 0 : 1;
