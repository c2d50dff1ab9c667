import { BUILT_IN_VENDORS } from '../vendors';
import type { Vendor } from '../vendors/contract/vendor';

export type FormatVerdict =
  { readonly valid: true; readonly warning?: string } | { readonly valid: false; readonly reason: string };

/** What no other vendor's keys begin with, the longest first. */
const OWN_PREFIXES: readonly (readonly [prefix: string, label: string])[] = [...BUILT_IN_VENDORS.values()]
  .flatMap(({ name, label = name, keyFormat }) =>
    (keyFormat?.ownPrefixes ?? []).map((prefix) => [prefix, label] as const),
  )
  .sort(([a], [b]) => b.length - a.length);
const WRONG_KINDS = [...BUILT_IN_VENDORS.values()].flatMap(({ keyFormat }) => keyFormat?.wrongKinds ?? []);

const PLACEHOLDERS: readonly RegExp[] = [
  /your[-_ ]?(?:(?:open[-_]?ai|anthropic|google|gemini|secret|own)[-_ ]?)?(?:api[-_ ]?)?key/i,
  /^(?:sk-|sk-proj-|sk-ant-(?:api03-)?|AIza|AQ\.)?[xX*._0-]{8,}$/,
  /^(?:change[-_]?me|replace[-_]?(?:me|this|with)|insert[-_]|put[-_]your|placeholder|todo\b)/i,
  /^(?:<|\$\{|\{\{|%[A-Z_]{1,40}%$)/,
  /(?:api[-_]?key|key|token)[-_](?:goes[-_])?here\b/i,
];

/** How keys look of which nothing is known: one word of printable ASCII characters. */
const ANY_FORMAT = {
  label: '',
  keyFormat: { prefixes: [], ownPrefixes: [], wrongKinds: [], shortest: 1, longest: 16_384 },
};

/**
 * Whether a trimmed text can be a key of the vendor. Refuses only what cannot be one; a foreign or unknown beginning is a warning,
 * because vendors change their formats (Google's `AQ.` keys). Where nothing is known of the vendor's keys, only what holds for every key is looked at:
 * one word of printable ASCII characters, no URL, no placeholder. Texts say the mend and never contain the key.
 */
export function validateKeyFormat(
  vendor: Pick<Vendor, 'label' | 'keyFormat'> = ANY_FORMAT,
  key: string,
): FormatVerdict {
  const { shortest, longest, prefixes } = vendor.keyFormat;
  const flaw = flawOf(key) ?? lengthFlaw(key, shortest, longest);
  if (flaw) return { valid: false, reason: flaw };
  if (prefixes.length === 0) return { valid: true };
  const wrong = [...vendor.keyFormat.wrongKinds, ...WRONG_KINDS].find((kind) => key.startsWith(kind.prefix));
  if (wrong) return { valid: false, reason: wrong.mend };
  const warning = warningOf(vendor, key);
  return warning ? { valid: true, warning } : { valid: true };
}

function flawOf(key: string): string | undefined {
  if (key === '') return 'The key is empty. Enter the API key as the vendor shows it.';
  if (/[^\x21-\x7e]/.test(key)) {
    return 'The key contains a space, a line break or a character that is not plain ASCII. Copy it again, as one word.';
  }
  if (/:\/\/|^www\./i.test(key)) return 'This looks like a URL, not an API key. Enter the key alone.';
  if (key.includes('...') || /\*{3}/.test(key)) {
    return 'This is a shortened or masked key. Enter the whole key, which vendors show only when it is created.';
  }
  if (PLACEHOLDERS.some((placeholder) => placeholder.test(key))) {
    return 'This is a placeholder. Replace it with a real API key.';
  }
  return undefined;
}

function lengthFlaw(key: string, shortest: number, longest: number): string | undefined {
  if (key.length < shortest) return `The key is shorter than ${shortest} characters. Enter the whole key.`;
  if (key.length > longest) {
    return `The key is longer than ${longest} characters. Enter one key alone; separate several keys with commas.`;
  }
  return undefined;
}

function warningOf({ label, keyFormat }: Pick<Vendor, 'label' | 'keyFormat'>, key: string): string | undefined {
  const owner = OWN_PREFIXES.find(([prefix]) => key.startsWith(prefix))?.[1];
  if (owner !== undefined && owner !== label) {
    return `This looks like a key of ${owner}, not of ${label}. Check that it is in the right pool.`;
  }
  if (keyFormat.prefixes.some((prefix) => key.startsWith(prefix))) return undefined;
  const known = keyFormat.prefixes.map((prefix) => `${prefix}…`).join(' or ');
  return `Keys of ${label} usually begin with ${known}. Check that this is the right key.`;
}
