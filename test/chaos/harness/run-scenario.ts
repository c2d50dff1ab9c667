import { Findings } from './findings';
import { nothingInFlight } from './promises';
import type { Scenario, ScenarioResult } from './scenario';
import { Stage } from './stage';
import { LeakWatch } from './watch';

/** Runs one scenario from an empty stage to an empty stage. Never rejects: an error is a finding. */
export async function runScenario(name: string, scenario: Scenario, isShort: boolean): Promise<ScenarioResult> {
  const findings = new Findings();
  const startedAt = performance.now();
  const stage = new Stage(isShort);
  const watch = new LeakWatch();
  const steps = [
    () => scenario.run(stage, findings),
    async () => {
      for (const app of stage.apps) if (!app.closed) await nothingInFlight(findings, app);
    },
    () => stage.strike(),
  ];
  for (const step of steps) {
    await step().catch((error: unknown) => {
      findings.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    });
  }
  await watch.end(findings);
  const shown = stage.logs.find((line) => line.includes('SIMULATED'));
  findings.promise(shown === undefined, 'a log line shows a key');
  const { injected, seen, broken } = findings;
  return { scenario: name, promised: scenario.promised, injected, seen, broken, ms: performance.now() - startedAt };
}
