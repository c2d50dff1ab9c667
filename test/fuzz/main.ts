import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulatorProcess } from '../simulator';
import { runPass, type Who } from './pass';
import { schemathesis } from './python';
import { scriptVendors, Target, type Adapter } from './target';

/** Shares of the time: an administrator can do most, and Express is what the host app runs on. */
const PASSES: readonly { readonly adapter: Adapter; readonly who: Who; readonly share: number }[] = [
  { adapter: 'express', who: 'admin', share: 0.45 },
  { adapter: 'express', who: 'viewer', share: 0.15 },
  { adapter: 'express', who: 'none', share: 0.1 },
  { adapter: 'fastify', who: 'admin', share: 0.3 },
];

function settings(): { seconds: number; seed: number } {
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
  });
  const [seconds, seed] = [Number(values.seconds), Number(values.seed)];
  if (!(seconds > 0) || !(seed > 0)) throw new Error('--seconds and --seed must be numbers above 0');
  return { seconds, seed };
}

async function fuzz(program: string): Promise<void> {
  const { seconds, seed } = settings();
  const simulator = await startSimulatorProcess();
  let requests = 0;
  const failed: string[] = [];
  try {
    for (const { adapter, who, share } of PASSES) {
      const name = `${adapter}, ${who === 'none' ? 'no' : who} token`;
      await simulator.control({ do: 'reset' });
      await scriptVendors(simulator);
      const target = await Target.start(adapter, simulator);
      const result = await runPass(program, target, { who, seconds: Math.ceil(seconds * share), seed });
      const problems = await target.end();
      requests += result.requests;
      const passed = result.passed && problems.length === 0;
      console.log(`${passed ? 'ok    ' : 'FAILED'} ${name}: ${result.requests} requests`);
      if (passed) continue;
      failed.push(name);
      if (!result.passed) console.log(result.output);
      for (const problem of problems.slice(0, 20)) console.log(`  ${problem}`);
    }
  } finally {
    await simulator.close();
  }
  console.log(
    `${requests} requests, seed ${seed}; ${failed.length === 0 ? 'nothing found' : `found: ${failed.join('; ')}`}.`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function main(): Promise<void> {
  const found = schemathesis();
  if ('missing' in found) {
    console.log(`Skipped: ${found.missing}, so the API was not fuzzed.`);
    return;
  }
  if (!existsSync('dist/main.js')) spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  await fuzz(found.program);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
