import { singleLine } from '../../common/text';
import { BUILT_IN_VENDORS } from '../../vendors';
import type { VendorProfile } from '../../vendors/contract/profile';
import { secretSpans, type Span } from './secret-spans';

declare const REDACTED: unique symbol;
/** A text that holds no secret: only this file makes one, so that whoever is handed it need not redact again. */
export type RedactedText = string & { readonly [REDACTED]: true };

/** How many characters of a redacted text are kept, unless told otherwise. */
const DEFAULT_REDACTED_LENGTH = 300;
/** What of a text is looked at, at most; whatever lies behind is dropped. */
const MOST_CHARACTERS_READ = 16_384;
const MASK = '***';

/** Tokens that look like a secret whoever gave it out: keys of many vendors, OAuth and signed tokens. Fixed beginnings before one character class: linear. */
const ANY_TOKENS: readonly RegExp[] = [
  /(?<![A-Za-z0-9])sk-[\w-]{16,}/g,
  /(?:ya29\.|ghp_)[\w-]{16,}/g,
  /eyJ[\w-]{16,}(?:\.[\w-]{1,4000}){0,2}/g,
];
/** The pattern for all places of a text, whatever its own flags are. */
const everywhere = ({ source, flags }: RegExp): RegExp =>
  // eslint-disable-next-line no-restricted-syntax -- the pattern stands in a profile, where it is checked; only its flags change
  new RegExp(source, `${flags.replace(/[gy]/g, '')}g`);
/** By their text, so that each is looked for once. */
const VENDOR_TOKENS = new Map<string, RegExp>();

/** Has texts searched for keys of this vendor from now on: of one that is not built in. It stays so for the process. */
export function maskKeysOf({ keyTokens = [] }: Pick<VendorProfile, 'keyTokens'>): void {
  for (const token of keyTokens) VENDOR_TOKENS.set(String(token), everywhere(token));
}

for (const vendor of BUILT_IN_VENDORS.values()) maskKeysOf(vendor);

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
): RedactedText {
  let clean = text.slice(0, MOST_CHARACTERS_READ);
  clean = maskSpans(clean, secretSpans(clean, secrets));
  const flat = singleLine(clean);
  // Flattening may turn what stood there into a secret.
  clean = flat === clean ? flat : maskSpans(flat, secretSpans(flat, secrets));
  clean = clean.replace(BEARER, `$1 ${MASK}`).replace(BASIC, `$1 ${MASK}`).replace(QUERY_SECRET, `$1$2${MASK}`);
  for (const token of VENDOR_TOKENS.values()) clean = clean.replace(token, MASK);
  for (const token of ANY_TOKENS) clean = clean.replace(token, MASK);
  return (clean.length <= maxLength ? clean : `${clean.slice(0, Math.max(0, maxLength - 1))}…`) as RedactedText;
}

/** The package's own words, tagged: literals and numbers alone, so that no secret can be among them. */
export const ownWords = (words: TemplateStringsArray, ...numbers: readonly number[]): RedactedText =>
  String.raw({ raw: words }, ...numbers) as RedactedText;

/** Whether a text holds a secret or a part of it, in any form in which it may be echoed. */
export const holdsSecret = (text: string, secret: string): boolean => secretSpans(text, [secret]).length > 0;

/** The longest reason, in characters. */
export const LONGEST_REASON = 200;

/** A reason that a checker or caller may have written: one short line, without the key. Costs little where it is one already. */
export function redactReason(reason: unknown, secrets: readonly string[] = []): RedactedText | undefined {
  if (typeof reason !== 'string') return undefined;
  const isFine =
    reason.length <= LONGEST_REASON &&
    singleLine(reason) === reason &&
    !secrets.some((each) => holdsSecret(reason, each));
  return isFine ? (reason as RedactedText) : redactText(reason, secrets, LONGEST_REASON);
}

/** The text with a mask in place of one secret, in whatever form it stands there. */
export const maskSecret = (text: string, secret: string, mask: string): string =>
  maskSpans(text, secretSpans(text, [secret]), mask);

function maskSpans(text: string, spans: readonly Span[], mask = MASK): string {
  if (spans.length === 0) return text;
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  let masked = '';
  let done = 0;
  for (const { from, to } of sorted) {
    if (to <= done) continue;
    if (from >= done) masked += text.slice(done, from) + mask;
    done = to;
  }
  return masked + text.slice(done);
}
