/** Injection tokens. Strings, so that an unresolved one reads as words. */
export const RESOLVED_OPTIONS = 'KEY_MANAGEMENT_RESOLVED_OPTIONS';
export const CLOCK = 'KEY_MANAGEMENT_CLOCK';
export const BUILT_IN_CHECKERS = 'KEY_MANAGEMENT_BUILT_IN_CHECKERS';
export const INSTANCE_ID = 'KEY_MANAGEMENT_INSTANCE_ID';
export const RANDOM = 'KEY_MANAGEMENT_RANDOM';

/** How vendors are reached, where a script stands in their place. */
export const VENDOR_ACCESS = 'KEY_MANAGEMENT_VENDOR_ACCESS';

/** Who may use the HTTP API, as the module's `admin` says. */
export const ADMIN_SETTINGS = 'KEY_MANAGEMENT_ADMIN_SETTINGS';

/** What the metrics show, as the module's `metrics` says. */
export const METRICS_SETTINGS = 'KEY_MANAGEMENT_METRICS_SETTINGS';

/** The named cron job, as `SchedulerRegistry` knows it. */
export const HEALTH_CHECK_JOB = 'key-management-health-check';

/** Whether the store can be reached. */
export const STORE_HEALTH = 'KEY_MANAGEMENT_STORE_HEALTH';
export interface StoreHealth {
  /** `degraded`: the pools work on without it, and what changes is written when it is back. */
  status(): 'up' | 'degraded';
  /** `away`: it cannot be reached or opened; `failing`: it is reached, and does not read or write (full, read-only, no permission). */
  readonly condition: 'up' | 'away' | 'failing';
  /** Since when it is away, milliseconds since the epoch; undefined while it is there. */
  readonly awaySince?: number | undefined;
}

/** The folder of the package's code. A build puts the code of all folders into one file, whose own folder this is. An app's own bundle in ES modules has none. */
export const CODE_FOLDER = typeof __dirname === 'string' ? __dirname : process.cwd();
