import type { GrantedPart } from '../../pool/limits/part';
import type { Json } from '../port/key-store';

/** What one instance asks of one account. All are fractions of the account's limits. */
export interface Claim {
  /** What it would use; may be more than 1. */
  readonly wanted: number;
  /** What it may use at the time of the report. */
  readonly holds: number;
  /** What it has used and cannot give back yet. */
  readonly bound: number;
  /** The smallest part that is of use to it. */
  readonly least: number;
  /** So much of it comes first; of the rest it wants only what others leave who prefer the account. */
  readonly own: number;
  /** How much of what it gave back since its last report is used up and not refilled. */
  readonly emptied: number;
  /** How long it takes until what is used up is there again; milliseconds. */
  readonly refillMs: number;
}

/** Which leader an instance follows. The greater term is the later leader; between equals the greater id counts. */
export interface Leadership {
  readonly term: number;
  readonly leader: string;
}

/** What one instance says of itself to the leader, for one provider. */
export interface Report extends Leadership {
  /** Counts the reports of the instance. */
  readonly sequence: number;
  /** The number of the last grant of that leader which it follows; 0 for none. */
  readonly seen: number;
  /** It uses what it may without the store: `holds` was not granted by a leader. */
  readonly isFallback: boolean;
  readonly claims: ReadonlyMap<string, Claim>;
}

/** All parts of one instance, for one provider: what it does not name is 0. */
export interface Grant extends Leadership {
  /** Counts the grants of the leader. */
  readonly number: number;
  /** The report that it answers. */
  readonly answers: number;
  /** The parts last this long, counted from when that report was sent; milliseconds. */
  readonly lastsMs: number;
  readonly parts: ReadonlyMap<string, GrantedPart>;
}

export const NO_LEADER: Leadership = { term: 0, leader: '' };

/** Whether the first is a later leader than the second. */
export const isLater = (one: Leadership, other: Leadership): boolean =>
  one.term === other.term ? one.leader > other.leader : one.term > other.term;

export const isSame = (one: Leadership, other: Leadership): boolean =>
  one.term === other.term && one.leader === other.leader;

/** Figures are stored with so many digits: a store and a log of it stay readable. */
const short = (value: number): number => Math.round(value * 1e6) / 1e6;

export const leadershipJson = ({ term, leader }: Leadership): Json => ({ term, leader });

export const reportJson = ({ sequence, term, leader, seen, isFallback, claims }: Report): Json => ({
  sequence,
  term,
  leader,
  seen,
  isFallback,
  claims: Array.from(claims, ([account, { wanted, holds, bound, least, own, emptied, refillMs }]) => [
    account,
    short(wanted),
    holds,
    short(bound),
    least,
    short(own),
    short(emptied),
    Math.ceil(refillMs),
  ]),
});

export const grantJson = ({ term, leader, number, answers, lastsMs, parts }: Grant): Json => ({
  term,
  leader,
  number,
  answers,
  lastsMs,
  parts: Array.from(parts, ([account, { fraction, level }]) => [account, fraction, short(level)]),
});

/** Nothing read from a store can stop an instance: what makes no sense is undefined. */
export function readLeadership(value: Json | undefined): Leadership | undefined {
  const fields = asFields(value);
  const { term, leader } = fields ?? {};
  return isCount(term) && typeof leader === 'string' ? { term, leader } : undefined;
}

export function readReport(value: Json | undefined): Report | undefined {
  const fields = asFields(value);
  const leadership = readLeadership(value);
  if (!fields || !leadership) return undefined;
  const { sequence, seen, isFallback } = fields;
  const claims = readRows(fields.claims, 7, (row): Claim | undefined => {
    const [wanted, holds, bound, least, own, emptied, refillMs] = row;
    if (!isPart(holds) || !isPart(bound) || !isPart(least) || !(least > 0) || !isPart(own) || !isPart(emptied))
      return undefined;
    return {
      wanted: Math.max(0, wanted!),
      holds,
      bound,
      least,
      own,
      emptied,
      refillMs: Math.max(0, refillMs!),
    };
  });
  if (!isCount(sequence) || !isCount(seen) || !claims) return undefined;
  return { ...leadership, sequence, seen, isFallback: isFallback === true, claims };
}

export function readGrant(value: Json | undefined): Grant | undefined {
  const fields = asFields(value);
  const leadership = readLeadership(value);
  if (!fields || !leadership) return undefined;
  const { number, answers, lastsMs } = fields;
  const parts = readRows(fields.parts, 2, ([fraction, level]): GrantedPart | undefined =>
    isPart(fraction) && isPart(level) ? { fraction, level } : undefined,
  );
  if (!isCount(number) || !isCount(answers) || !isCount(lastsMs) || !parts) return undefined;
  return { ...leadership, number, answers, lastsMs, parts };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isPart = (value: number | undefined): value is number => value !== undefined && value >= 0 && value <= 1;

function asFields(value: Json | undefined): Record<string, Json> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** Rows of a name and so many numbers. A store without empty lists has none for no rows. */
function readRows<Row>(
  value: Json | undefined,
  numbers: number,
  read: (row: readonly number[]) => Row | undefined,
): Map<string, Row> | undefined {
  if (value !== undefined && !Array.isArray(value)) return undefined;
  const rows = new Map<string, Row>();
  for (const each of value ?? []) {
    if (!Array.isArray(each)) return undefined;
    const [name, ...figures] = each;
    if (typeof name !== 'string' || figures.length !== numbers) return undefined;
    if (!figures.every((figure): figure is number => Number.isFinite(figure))) return undefined;
    const row = read(figures);
    if (row === undefined) return undefined;
    rows.set(name, row);
  }
  return rows;
}
