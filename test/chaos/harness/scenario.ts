import type { Findings } from './findings';
import type { Stage } from './stage';

/** One kind of fault, and what the package promises in spite of it. */
export interface Scenario {
  readonly promised: string;
  /** Whether only the long form runs it. */
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
