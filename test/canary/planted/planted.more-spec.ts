import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { maskKey } from '../../../src/key-management';
import { redisAvailable } from '../../support/redis-server';
import { findLeaks } from '../scan/find-leaks';
import { plantedKey } from './planted-keys';

const ROOT = resolve(__dirname, '../../..');
/** The channels, and the places on them. */
const PLANTED: [channel: string, place: string][] = [
  ...['stdout', 'stderr', 'console'],
  ...["children's stdout", "children's stderr", 'children that are waited for', 'answers of other processes'],
  ...(redisAvailable() ? ['Redis commands'] : []),
  ...['the Firebase database', 'files of stores', 'changes for stores'],
  ...['events', 'status and analytics', 'snapshots', 'results', 'errors'],
  ...['keys', 'contexts and leases', 'options', 'services', 'logs', 'spans', 'metrics'],
].map((channel) => [channel, '']);
for (const place of ['body', 'header', 'status', 'events']) PLANTED.push(['HTTP answers', place]);

interface Run {
  code: number | null;
  output: string;
  /** Jest's message about the test file. */
  message: string;
}

/** Runs the leaking file in a Jest process of its own, with the configuration of the suite. */
async function runPlanted(): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'akm-planted-'));
  const report = join(folder, 'report.json');
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const args = [jest, '--testMatch', '**/planted/*.leaks.ts', '--runInBand', '--json', '--outputFile', report];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += String(data)));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as {
    testResults: { message: string; status: string }[];
  };
  await rm(folder, { recursive: true });
  return { code, output, message: testResults.map(({ message }) => message).join('\n') };
}

describe('leaks that are planted', () => {
  let run: Run;
  beforeAll(async () => {
    run = await runPlanted();
  });

  it('fail the run, though every test passes', () => {
    expect(run.output).toMatch(/Tests: .* passed/);
    expect(run.output).not.toMatch(/Tests: .* failed/);
    expect(run.code).toBe(1);
    expect(run.message).toContain('planted.leaks.ts leaks.');
    expect(run.message).not.toContain('innocent.leaks.ts');
    expect(run.output).toMatch(/Canary: \d+ secrets of 2 test files .* [1-9]\d* leaks\./);
  });

  it.each(PLANTED)('are found: %s %s', (channel, place) => {
    expect(run.message).toContain(`${channel}: the secret ${maskKey(plantedKey(channel, place))} stands there`);
  });

  it('are told of without the secrets', () => {
    const keys = PLANTED.map(([channel, place]) => plantedKey(channel, place));
    expect(findLeaks(run.message, keys)).toEqual([]);
  });
});
