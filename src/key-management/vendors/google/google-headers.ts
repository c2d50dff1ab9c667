import { NO_READINGS, type RateLimitReading } from '../vendor-knowledge';

/** Google sends no rate-limit headers; waits stand in the body of a 429 alone. */
export const readGoogleRateLimits = (): readonly RateLimitReading[] => NO_READINGS;
