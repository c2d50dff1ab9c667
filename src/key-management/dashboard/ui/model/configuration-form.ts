import { CONFIGURATION_LIMITS } from '../../../configuration/configuration-limits';
import type { Configuration } from '../api/types';

/** What an administrator may change; `persistence` only says where it is kept. */
export type ConfigurationField = Exclude<keyof Configuration, 'persistence'>;

interface FieldRule {
  readonly label: string;
  readonly help: string;
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
  readonly unit: string;
}

/** The server's own limits, shown before a request is refused. */
export const FIELDS: Readonly<Record<ConfigurationField, FieldRule>> = {
  max_retries: {
    label: 'Retries of a call',
    help: 'A call is tried once and retried this often on failures that leave the key in the pool. 0 to 100.',
    ...CONFIGURATION_LIMITS.max_retries,
    whole: true,
    unit: '',
  },
  health_check_interval_minutes: {
    label: 'Health check interval',
    help: 'Keys that are due are checked this often. 0.05 (3 s) to 10,080 minutes (a week).',
    ...CONFIGURATION_LIMITS.health_check_interval_minutes,
    whole: false,
    unit: 'minutes',
  },
};

/** What is wrong with the text of a field; undefined when nothing is. */
export function fieldProblem(field: ConfigurationField, text: string): string | undefined {
  const { min, max, whole } = FIELDS[field];
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return 'Enter a number.';
  if (whole && !Number.isInteger(value)) return 'Enter a whole number.';
  if (value < min) return `Enter ${min} or more.`;
  if (value > max) return `Enter ${max.toLocaleString('en')} or less.`;
  return undefined;
}
