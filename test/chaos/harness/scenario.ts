import type { Findings } from './findings';
import type { Stage } from './stage';

/** One thing that goes wrong, and what is promised all the same. */
export interface Scenario {
  readonly promised: string;
  /** Left out of the short form. */
  readonly longOnly?: boolean;
  run(stage: Stage, findings: Findings): Promise<void>;
}

/** How a scenario ended, as it travels between processes and into the JSON file. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly promised: string;
  readonly injected: Readonly<Record<string, number>>;
  readonly seen: readonly string[];
  readonly broken: readonly string[];
  readonly ms: number;
}
