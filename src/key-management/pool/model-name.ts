import { boundedName } from '../bounded-text';

/**
 * Bytes of UTF-8. No vendor's model has a longer name, but callers may pass on whatever their own clients send; and of the 768 bytes
 * that one store allows for a whole path, each of these may take three.
 */
const MOST_BYTES = 160;
/** A text of so few UTF-16 units is no longer than that. */
const SHORT = Math.floor(MOST_BYTES / 3);

/** A model's name as it is kept: in lanes, cooldowns, events and the store. */
export const modelName = (given: string): string =>
  given.length <= SHORT && given.isWellFormed() ? given : boundedName(given, MOST_BYTES);
