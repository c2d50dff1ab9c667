/*
 * How long the parts of limits last. All are durations in milliseconds by the clock of the instance that measures them, so that the clocks of
 * instances may differ as they like.
 */

/** A holder uses its parts for this long at most, counted from when it sent the report that the grant answers. */
export const LEASE_MS = 4_000;
/** A holder asks for its parts again after this long. */
export const RENEW_MS = 1_500;
/** Reports of one instance are this far apart, unless a call waits for a part or a part is given back. */
export const REPORT_MS = 1_000;
/** The leader's lock lasts this long, */
export const LOCK_MS = 3_000;
/** and is renewed this often. */
export const LOCK_RENEW_MS = 1_000;
/**
 * How long the lock lasts under which the leader gives parts: none of its leases outlives it. The next leader gives nothing that may still be in
 * use before it has this lock as well.
 */
export const COVER_MS = 4_600;
/** How far two clocks drift apart in the time of a lease, where both are slewed. */
export const DRIFT_MS = 400;
/** A holder past its turn gives way to an instance that has no part at all. */
export const TURN_MS = 1_000;
/** The same for one that does not use its part: calls that wait must have had the time to begin. */
export const UNUSED_MS = 250;
