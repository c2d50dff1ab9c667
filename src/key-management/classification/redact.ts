import { secretSpans, type Span } from './secret-spans';

/** How many characters of a redacted text are kept, unless told otherwise. */
export const DEFAULT_REDACTED_LENGTH = 300;
/** What of a text is looked at, at most; whatever lies behind is dropped. */
const MOST_CHARACTERS_READ = 16_384;
const MASK = '***';

// C0 and C1 controls, line separators, and the marks that turn or hide text: all would forge or garble log lines.
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/g;

/** Tokens that look like a key of any vendor. Fixed prefixes before one character class: linear. */
const KEY_TOKENS: readonly RegExp[] = [
  /(?<![A-Za-z0-9])sk-[\w-]{16,}/g,
  /sk-(?:ant|proj|svcacct|admin|service|or)-[\w-]{12,}/g,
  /AIza[\w-]{16,}/g,
  /AQ\.[\w-]{16,}/g,
  /ya29\.[\w-]{16,}/g,
  /(?:gsk|hf|fw|tgp|ghp|r8)_\w{16,}/g,
  /(?:xai|pplx|nvapi|csk)-[\w-]{16,}/g,
  /eyJ[\w-]{16,}(?:\.[\w-]{1,4000}){0,2}/g,
];
const BEARER = /\b(bearer)\s{1,4}[^\s"'<>,;]{8,}/gi;
const BASIC = /\b(basic)\s{1,4}[A-Za-z0-9+/=_-]{16,}/gi;
const QUERY_SECRET = /\b((?:api[-_]?)?key|access_token|token|secret)(=|%3D)[^\s&"'<>#;,]{6,}/gi;

/**
 * Takes secrets out of a text that others wrote: each given secret in every form it is echoed in (as is, percent-encoded,
 * base64, hex, with the escapes of JSON or HTML, in another case, broken over lines), whole or 12 characters of it and more,
 * and whatever looks like a vendor's key.
 * The result is one line of at most `maxLength` characters (default 300). A vendor's own masked echo stays.
 */
export function redactText(
  text: string,
  secrets: readonly string[] = [],
  maxLength: number = DEFAULT_REDACTED_LENGTH,
): string {
  let clean = text.slice(0, MOST_CHARACTERS_READ);
  clean = maskSpans(clean, secretSpans(clean, secrets)).replace(CONTROLS, ' ').trim();
  clean = clean.replace(BEARER, `$1 ${MASK}`).replace(BASIC, `$1 ${MASK}`).replace(QUERY_SECRET, `$1$2${MASK}`);
  for (const token of KEY_TOKENS) clean = clean.replace(token, MASK);
  return clean.length <= maxLength ? clean : `${clean.slice(0, Math.max(0, maxLength - 1))}…`;
}

/** Whether a text holds a secret or a part of it, in any form in which it may be echoed. */
export const holdsSecret = (text: string, secret: string): boolean => secretSpans(text, [secret]).length > 0;

/** A reason that the user's code gave: as it is, unless it holds the secret. */
export const safeReason = (reason: string | undefined, secret: string): string | undefined =>
  reason !== undefined && holdsSecret(reason, secret) ? redactText(reason, [secret]) : reason;

function maskSpans(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  let masked = '';
  let done = 0;
  for (const { from, to } of sorted) {
    if (to <= done) continue;
    if (from >= done) masked += text.slice(done, from) + MASK;
    done = to;
  }
  return masked + text.slice(done);
}
