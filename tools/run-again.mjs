// After a failed run of Jest: runs the files that failed once more, one after the other, as nothing else runs. A file that passes then is
// unsteady: it is named, and counts as passed. What fails twice has failed, and so has everything where more than a few files failed.
// Usage: node tools/run-again.mjs <JSON file of the run> <Jest configuration>
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

const MOST_FILES = 3;
const AGAIN = '.build/jest-again.json';

const [path, config] = process.argv.slice(2);
const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
const first = read(path);
const failed = first?.testResults.filter(({ status }) => status === 'failed') ?? [];
if (failed.length === 0 || failed.length > MOST_FILES) {
  console.log(`${failed.length} files failed: they are not run again.`);
  process.exit(1);
}
const files = failed.map(({ name }) => name);
rmSync(AGAIN, { force: true });
const jest = ['jest', '--config', config, '--ci', '--runInBand', '--json', `--outputFile=${AGAIN}`, '--runTestsByPath'];
spawnSync('npx', [...jest, ...files], { stdio: 'inherit' });
const again = read(AGAIN);
const passed = new Map(again?.testResults.filter(({ status }) => status === 'passed').map((each) => [each.name, each]));
for (const { name } of failed)
  console.log(`${passed.has(name) ? 'UNSTEADY, passed when it ran alone' : 'failed twice'}: ${relative('.', name)}`);

/** The counts of Jest's own report, anew of the files. */
const testResults = first.testResults.map((each) => passed.get(each.name) ?? each);
const count = (status) =>
  testResults.flatMap(({ assertionResults }) => assertionResults).filter((test) => test.status === status).length;
const couldNotRun = testResults.filter((each) => each.status === 'failed' && each.assertionResults.length === 0);
const counts = {
  numPassedTests: count('passed'),
  numFailedTests: count('failed'),
  numPendingTests: count('pending'),
  numRuntimeErrorTestSuites: couldNotRun.length,
};
writeFileSync(path, JSON.stringify({ ...first, ...counts, testResults }));
process.exitCode = passed.size === failed.length ? 0 : 1;
