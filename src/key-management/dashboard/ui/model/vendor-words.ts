/** What a vendor said, in two parts that may each be missing. */
export interface VendorWords {
  /** Its name for the fault: `insufficient_quota`. */
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** A reason of the server reads `code: message`, where the vendor gave both. */
const CODED = /^([A-Za-z][\w.-]{2,60}): +(.+)$/s;
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

/** Where a sentence is only another for its ids, masks and numbers: what holds a digit or a mask, and is long. */
const CHANGING = /[\w-]*(?:\*{2,}|\.{3})[\w-]*|\b(?=[\w-]*\d)[\w-]{8,}/g;

/** The reason without what differs from one key or request to the next, so that the same refusals read the same. */
export const sameWords = (reason: string): string => reason.replace(CHANGING, '…').replace(/\s+/g, ' ').trim();

const LONGEST = 110;

/** Cut at a word's end, and without a full stop: it stands within a sentence. */
export function shortened(text: string, most = LONGEST): string {
  if (text.length <= most) return text.replace(/\.$/, '');
  const cut = text.slice(0, most);
  const end = cut.lastIndexOf(' ');
  return `${end > most / 2 ? cut.slice(0, end) : cut}…`;
}
