import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { markdown, type Report } from './lib/report';
import { keep } from './lib/results';
import { say } from './lib/say';

const BENCHMARKS = ['overhead', 'hop', 'choice', 'startup', 'cluster', 'policies'];

async function run(name: string): Promise<Report> {
  const child = fork(join(__dirname, 'child.js'), [name], { execArgv: ['--expose-gc'] });
  const exited = once(child, 'exit');
  const report = await Promise.race([once(child, 'message'), exited.then(() => undefined)]);
  await exited;
  if (!report) throw new Error(`the benchmark ${name} ended without a report`);
  return report[0] as Report;
}

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !BENCHMARKS.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.join(', ')}`);
  for (const name of wanted.length > 0 ? wanted : BENCHMARKS) {
    say(`— ${name}`);
    try {
      const report = await run(name);
      await keep(name, report, BENCHMARKS);
      console.log(`${markdown(name, report)}\n`);
    } catch (error) {
      process.exitCode = 1;
      say(error instanceof Error ? error.message : String(error));
    }
  }
}

void main(process.argv.slice(2));
