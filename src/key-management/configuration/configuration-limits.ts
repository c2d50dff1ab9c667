/** The bounds of the settings that change at run time, by their names in the HTTP API. The dashboard's form asks them too. */
export const CONFIGURATION_LIMITS = {
  max_retries: { min: 0, max: 100 },
  health_check_interval_minutes: { min: 0.05, max: 10_080 },
} as const;
