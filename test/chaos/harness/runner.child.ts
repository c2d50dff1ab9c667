import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { SCENARIOS } from '../scenarios';
import { runScenario } from './run-scenario';

/** Runs the scenarios that it is told the names of, one a line, and answers each with one line. `short` as argument: the short form. */
async function main(): Promise<void> {
  for await (const name of createInterface({ input: process.stdin })) {
    const result = await runScenario(name, SCENARIOS[name]!, process.argv[2] === 'short');
    process.stdout.write(`${JSON.stringify({ result })}\n`);
  }
}

void main();
