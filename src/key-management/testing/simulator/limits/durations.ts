/** As Go prints a duration: `644ms`, `1m26.4s`, `6m0s`, `114h18m0s`. OpenAI and Groq speak so. */
export function goDuration(ms: number): string {
  if (ms <= 0) return '0s';
  if (ms < 1000) return `${Math.ceil(ms)}ms`;
  const total = Math.ceil(ms);
  const hours = Math.floor(total / 3_600_000);
  const minutes = Math.floor((total % 3_600_000) / 60_000);
  const seconds = `${(total % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** As protobuf prints a Duration in JSON: `45.837906927s`. */
export function protoDuration(ms: number): string {
  return `${Number((ms / 1000).toFixed(9))}s`;
}

/** RFC 3339 in whole seconds, rounded up so that it is never too early. */
export function rfc3339(at: number): string {
  return new Date(Math.ceil(at / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}

export function wholeSeconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
