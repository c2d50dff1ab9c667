/** A document of ids that were made at about the same time, and are kept for about as long. */
export interface BoundDocument {
  readonly provider: string;
  /** Places it in time: documents are numbered in the order in which they were begun. */
  readonly number: number;
  /** The day on which nothing in it is known to exist any more. Days since the epoch. */
  readonly endsOn: number;
}

/** `bound/<provider>/<number>-<last day>` */
export const BOUND = 'bound/';
const DAY_MS = 24 * 60 * 60_000;
/** A document takes ids for this part of the time for which they are kept, so that none is forgotten too early. */
const OPEN_PART = 0.25;
/** Ids are kept for one of these times, so that few documents are open. Days. */
const KEPT_DAYS = [2, 30, 180] as const;

export const documentName = ({ provider, number, endsOn }: BoundDocument): string =>
  `${BOUND}${provider}/${number}-${endsOn}`;

/** What the name of a document says; undefined for a name that is none. */
export function documentOf(name: string): BoundDocument | undefined {
  const [, provider, number, endsOn] = /^bound\/([\w.:-]{1,256})\/(\d{1,12})-(\d{1,6})$/.exec(name) ?? [];
  return provider === undefined ? undefined : { provider, number: Number(number), endsOn: Number(endsOn) };
}

/** The class of time that an id is kept for: the shortest that is long enough. Days. */
export const keptClass = (days: number): number => KEPT_DAYS.find((each) => each >= days) ?? KEPT_DAYS.at(-1)!;

/** @param now Milliseconds since the epoch. */
export const isOver = (document: BoundDocument, now: number): boolean => daysLeft(document, now) <= 0;

/** @param now Milliseconds since the epoch. */
export const daysLeft = ({ endsOn }: BoundDocument, now: number): number => endsOn - now / DAY_MS;

/** The last day of a document that is begun now for ids of this class. */
export const lastDay = (keptDays: number, now: number): number => Math.ceil(now / DAY_MS + keptDays * (1 + OPEN_PART));

/** Whether ids of this class, made now, still find place in the document: it lasts as long as they do, and not much longer. */
export const takesIds = (document: BoundDocument, keptDays: number, now: number): boolean =>
  daysLeft(document, now) >= keptDays && document.endsOn <= lastDay(keptDays, now);
