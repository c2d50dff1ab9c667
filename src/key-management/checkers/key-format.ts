import { BUILT_IN_VENDORS } from '../vendors';
import type { KeyFormat } from '../vendors/contract/vendor';

export type FormatVerdict =
  { readonly valid: true; readonly warning?: string } | { readonly valid: false; readonly reason: string };

/** Of the vendors that are known here. */
const SHORTEST_KEY = 16;
const LONGEST_KEY = 256;
/** Of any other: gateways of one's own take `ollama` or `sk-1234`, some vendors give out signed tokens. */
const LONGEST_UNKNOWN_KEY = 1_024;

/** More than one vendor may share a beginning (`sk-`): longer ones are looked at first. */
const FOREIGN_PREFIXES: readonly (readonly [prefix: string, label: string])[] = [
  ['sk-or-v1-', 'OpenRouter'],
  ['sk-ant-', 'Anthropic'],
  ['sk-proj-', 'OpenAI'],
  ['sk-svcacct-', 'OpenAI'],
  ['AIza', 'Google'],
  ['AQ.', 'Google'],
  ['gsk_', 'Groq'],
  ['xai-', 'xAI'],
  ['pplx-', 'Perplexity'],
];

const WRONG_KINDS = Object.values(BUILT_IN_VENDORS).flatMap(({ keyFormat }) => keyFormat.wrongKinds);

const PLACEHOLDERS: readonly RegExp[] = [
  /your[-_ ]?(?:(?:open[-_]?ai|anthropic|google|gemini|secret|own)[-_ ]?)?(?:api[-_ ]?)?key/i,
  /^(?:sk-|sk-proj-|sk-ant-(?:api03-)?|AIza|AQ\.)?[xX*._0-]{8,}$/,
  /^(?:change[-_]?me|replace[-_]?(?:me|this|with)|insert[-_]|put[-_]your|placeholder|todo\b)/i,
  /^(?:<|\$\{|\{\{|%[A-Z_]{1,40}%$)/,
  /(?:api[-_]?key|key|token)[-_](?:goes[-_])?here\b/i,
];

/**
 * Whether a trimmed text can be a key of the vendor. Refuses only what cannot be one; a foreign or unknown beginning is a warning,
 * because vendors change their formats (Google's `AQ.` keys). For a provider of the user's own, or none, only what holds for
 * every key is looked at: one word of printable ASCII characters, of any length up to 1,024, no URL, no placeholder. Texts say the
 * mend and never contain the key.
 */
export function validateKeyFormat(vendor: string | undefined, key: string): FormatVerdict {
  const format =
    vendor !== undefined && Object.hasOwn(BUILT_IN_VENDORS, vendor)
      ? BUILT_IN_VENDORS[vendor as keyof typeof BUILT_IN_VENDORS].keyFormat
      : undefined;
  const flaw =
    flawOf(key) ?? (format ? lengthFlaw(key, SHORTEST_KEY, LONGEST_KEY) : lengthFlaw(key, 1, LONGEST_UNKNOWN_KEY));
  if (flaw) return { valid: false, reason: flaw };
  if (!format) return { valid: true };
  const wrong = WRONG_KINDS.find((kind) => key.startsWith(kind.prefix));
  if (wrong) return { valid: false, reason: wrong.mend };
  const warning = warningOf(format, key);
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

function warningOf(format: KeyFormat, key: string): string | undefined {
  const owner = FOREIGN_PREFIXES.find(([prefix]) => key.startsWith(prefix))?.[1];
  if (owner !== undefined && owner !== format.label) {
    return `This looks like a key of ${owner}, not of ${format.label}. Check that it is in the right pool.`;
  }
  if (format.prefixes.some((prefix) => key.startsWith(prefix))) return undefined;
  const known = format.prefixes.map((prefix) => `${prefix}…`).join(' or ');
  return `Keys of ${format.label} usually begin with ${known}. Check that this is the right key.`;
}
