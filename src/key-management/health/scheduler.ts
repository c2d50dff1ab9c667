import type * as Schedule from '@nestjs/schedule';
import { absentPeer } from '../common/optional-peer';

/** Undefined in an app that does without @nestjs/schedule. */
export const schedule = load();

/** A mark for the scheduler, where there is one. */
export const Cron: typeof Schedule.Cron = schedule?.Cron ?? (() => () => undefined);

function load(): typeof Schedule | undefined {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be no choice
    return require('@nestjs/schedule') as typeof Schedule;
  } catch (error) {
    return absentPeer('@nestjs/schedule', error);
  }
}
