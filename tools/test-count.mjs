// Prints "N passed, N failed[, N skipped]": the sum over the JSON files of several Jest runs. A suite that could not run, and a run that
// wrote no file, count as one failure each.
import { existsSync, readFileSync } from 'node:fs';

const MISSING = { numPassedTests: 0, numFailedTests: 0, numRuntimeErrorTestSuites: 1, numPendingTests: 0 };
let [passed, failed, skipped] = [0, 0, 0];
for (const path of process.argv.slice(2)) {
  const results = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : MISSING;
  passed += results.numPassedTests;
  failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  skipped += results.numPendingTests;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
