import type * as Schedule from '@nestjs/schedule';
import { optionalPeer } from '../common/optional-peer';

/** Undefined in an app that does without @nestjs/schedule. */
export const schedule = optionalPeer(
  '@nestjs/schedule',
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be no choice
  () => require('@nestjs/schedule') as typeof Schedule,
);

/** A mark for the scheduler, where there is one. */
export const Cron: typeof Schedule.Cron = schedule?.Cron ?? (() => () => undefined);
