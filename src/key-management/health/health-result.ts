/** What a health indicator says, in the shape that Terminus takes: `{ key_pools: { status: 'up', … } }`. */
export type IndicatorResult<Key extends string = string> = Record<
  Key,
  { status: 'up' | 'down'; [detail: string]: unknown }
>;

/** The answer of a health route, in the shape of Terminus. */
export interface HealthReport {
  status: 'ok' | 'error' | 'shutting_down';
  info: IndicatorResult;
  error: IndicatorResult;
  details: IndicatorResult;
}

/** Puts the results of the indicators into one report: `error` as soon as one is down. */
export function healthReport(results: readonly IndicatorResult[], isShuttingDown: boolean): HealthReport {
  const details = Object.assign({}, ...results) as IndicatorResult;
  const those = (status: 'up' | 'down'): IndicatorResult =>
    Object.fromEntries(Object.entries(details).filter(([, result]) => result.status === status));
  const error = those('down');
  const status = isShuttingDown ? 'shutting_down' : Object.keys(error).length > 0 ? 'error' : 'ok';
  return { status, info: those('up'), error, details };
}

/** `{ [key]: { status, …details } }`. */
export const indicated = <const Key extends string>(
  key: Key,
  status: 'up' | 'down',
  details: Readonly<Record<string, unknown>> = {},
): IndicatorResult<Key> => ({ [key]: { status, ...details } }) as IndicatorResult<Key>;
