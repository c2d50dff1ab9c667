const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = '(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\\.?';
const CLOCK =
  '(?:(?:,? at | |t|, )(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,9})?)?(?: ?(am|pm))?)? ?(z\\b|utc|gmt|[+-]\\d{2}:?\\d{2})?';

/** Words after which a date is the end of a refusal. Dates elsewhere in a message mean something else. */
const ANNOUNCED =
  /\b(?:regain access|access will (?:be restored|resume|return)|resets?|available(?: again)?|try again|retry|resumes?|until|wait until|restored)(?: (?:on|at|after|from|until)){0,2}:? (?=[\da-z])/gi;

const YEAR_FIRST = new RegExp(`(\\d{4})-(\\d{2})-(\\d{2})${CLOCK}`, 'iy');
const MONTH_FIRST = new RegExp(`${MONTH} (\\d{1,2})(?:st|nd|rd|th)?,? (\\d{4})${CLOCK}`, 'iy');
const DAY_FIRST = new RegExp(`(?:[a-z]{3,9}, )?(\\d{1,2})(?:st|nd|rd|th)? ${MONTH},? (\\d{4})${CLOCK}`, 'iy');

/**
 * The date that a vendor states as the end of its refusal, as "You will regain access on 2026-11-01 at 00:00 UTC".
 * Without a zone it is UTC, without a time midnight. It may lie in the past: it is what the vendor said.
 */
export function statedDateIn(message: string): Date | undefined {
  for (const announced of message.matchAll(ANNOUNCED)) {
    const date = dateAt(message, announced.index + announced[0].length);
    if (date) return date;
  }
  return undefined;
}

function dateAt(text: string, index: number): Date | undefined {
  const iso = matchAt(YEAR_FIRST, text, index);
  if (iso) return dateOf(Number(iso[1]), Number(iso[2]) - 1, Number(iso[3]), iso.slice(4));
  const american = matchAt(MONTH_FIRST, text, index);
  if (american) return dateOf(Number(american[3]), monthOf(american[1]), Number(american[2]), american.slice(4));
  const british = matchAt(DAY_FIRST, text, index);
  if (british) return dateOf(Number(british[3]), monthOf(british[2]), Number(british[1]), british.slice(4));
  return undefined;
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

const monthOf = (name: string | undefined): number => MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase());

function dateOf(year: number, month: number, day: number, clock: (string | undefined)[]): Date | undefined {
  const [hours = '0', minutes = '0', seconds = '0', half, zone] = clock;
  const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0) : Number(hours);
  if (month < 0 || month > 11 || day < 1 || day > 31 || hour > 24 || Number(minutes) > 59) return undefined;
  const ms = Date.UTC(year, month, day, hour, Number(minutes), Number(seconds)) - zoneMs(zone);
  return Number.isFinite(ms) ? new Date(ms) : undefined;
}

function zoneMs(zone: string | undefined): number {
  if (!zone || !/^[+-]/.test(zone)) return 0;
  const digits = zone.slice(1).replace(':', '');
  const ms = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60_000;
  return zone.startsWith('-') ? -ms : ms;
}
