import type * as PromClient from 'prom-client';

/** The library of the metrics, loaded when somebody asks for them: an app that is not scraped does without. */
export const promClient = (): typeof PromClient =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at the start
  require('prom-client') as typeof PromClient;
