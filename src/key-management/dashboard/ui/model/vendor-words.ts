/** What a vendor said, in two parts that may each be missing. */
export interface VendorWords {
  /** Its name for the fault: `insufficient_quota`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A reason of the server reads `code: message`, where the vendor gave both. */
const CODED = /^([A-Za-z][\w.-]{2,60}): (.+)$/s;
const CODE_ALONE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/i;
/** Names that stand for half of all faults. */
const VAGUE: ReadonlySet<string> = new Set(['error', 'api_error', 'invalid_request_error', 'Error']);

export function vendorWords(reason: string): VendorWords {
  const coded = CODED.exec(reason);
  if (!coded)
    return CODE_ALONE.test(reason) ? { code: reason, message: undefined } : { code: undefined, message: reason };
  const [, code, message] = coded;
  return { code: VAGUE.has(code!) ? undefined : code, message };
}

/** A key's mask, or an id: a part of letters and digits mixed, or a long number. Names of models have neither. */
const isChanging = (word: string): boolean =>
  /\*\*|\w\.\.\.\w/.test(word) ||
  word
    .split(/\W|_/)
    .some((part) => (part.length >= 6 && /\d/.test(part) && /[A-Za-z]/.test(part)) || /^\d{10,}$/.test(part));

/** The reason without what differs from one key or request to the next, so that the same refusals read the same. */
export const sameWords = (reason: string): string =>
  reason
    .trim()
    .split(/\s+/)
    .map((word) => (isChanging(word) ? `…${/[.,;:)]$/.exec(word)?.[0] ?? ''}` : word))
    .join(' ');

const LONGEST = 110;

/** Cut at a word's end, and without a full stop: it stands within a sentence. */
export function shortened(text: string, most = LONGEST): string {
  if (text.length <= most) return text.replace(/\.$/, '');
  const cut = text.slice(0, most);
  const end = cut.lastIndexOf(' ');
  return `${end > most / 2 ? cut.slice(0, end) : cut}…`;
}
