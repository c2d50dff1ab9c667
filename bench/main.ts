import { markdown, type Report } from './lib/report';
import { keep } from './lib/results';
import { runApart } from './lib/run-apart';
import { say } from './lib/say';

const BENCHMARKS = ['overhead', 'hop', 'choice', 'startup', 'cluster', 'policies'];

async function main(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !BENCHMARKS.includes(name));
  if (unknown.length > 0)
    throw new RangeError(`no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.join(', ')}`);
  for (const name of wanted.length > 0 ? wanted : BENCHMARKS) {
    say(`— ${name}`);
    try {
      const report = await runApart<Report>(name);
      await keep(name, report, BENCHMARKS);
      console.log(`${markdown(name, report)}\n`);
    } catch (error) {
      process.exitCode = 1;
      say(error instanceof Error ? error.message : String(error));
    }
  }
}

void main(process.argv.slice(2));
