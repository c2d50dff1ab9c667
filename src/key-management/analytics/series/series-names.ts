import { KEY_ID } from '../../pool/key/api-key';
import type { KeyCounts } from './key-bucket';
import type { Resolution } from './measures';
import { HOURS, MINUTES, OPENED, TIMES, TOTALS, type DocumentKind } from './counter-document';

/** Documents: `series/total/<provider>`, `series/opened/<pool>/0`, and `series/<kind>/<provider>/<period since the epoch>`. */
export const SERIES = 'series/';
/** In the place of a provider: all pools that were ever opened at run time, together. No provider can have this name. */
export const ALL_OPENED = ':opened';

const KINDS = new Map([TOTALS, OPENED, MINUTES, HOURS, TIMES].map((kind) => [kind.name, kind]));
/** Of keys, each document holds all keys of a provider in one bucket, so that a bucket is forgotten with one change. */
const KEY_NAMES: Readonly<Record<Resolution, string>> = { minute: 'key-minutes', hour: 'key-hours' };

export const seriesDoc = (kind: DocumentKind, provider: string, period?: number): string =>
  `${SERIES}${kind.name}/${provider}${period === undefined ? '' : `/${period}`}`;

export const keyDoc = (resolution: Resolution, provider: string, index: number): string =>
  `${SERIES}${KEY_NAMES[resolution]}/${provider}/${index}`;

/** Where the documents of one provider are, but for the totals that every instance keeps. */
export const seriesPlaces = (provider: string): string[] =>
  [OPENED.name, MINUTES.name, HOURS.name, TIMES.name, KEY_NAMES.minute, KEY_NAMES.hour].map(
    (name) => `${SERIES}${name}/${provider}/`,
  );

export interface SeriesOfProvider {
  readonly of: 'provider';
  readonly provider: string;
  readonly kind: DocumentKind;
  readonly period: number;
}

export type SeriesName =
  | SeriesOfProvider
  | { readonly of: 'keys'; readonly provider: string; readonly resolution: Resolution; readonly index: number };

/** Undefined for what is no name of ours. */
export function readSeriesName(doc: string): SeriesName | undefined {
  const [, name, provider, period = '0', ...rest] = doc.split('/');
  if (!name || !provider || rest.length > 0 || !/^\d{1,12}$/.test(period)) return undefined;
  const kind = KINDS.get(name);
  if (kind) return { of: 'provider', provider, kind, period: Number(period) };
  if (name === KEY_NAMES.minute) return { of: 'keys', provider, resolution: 'minute', index: Number(period) };
  if (name === KEY_NAMES.hour) return { of: 'keys', provider, resolution: 'hour', index: Number(period) };
  return undefined;
}

const KEY_LETTERS = { requests: 'r', failures: 'f', rateLimited: 'l', responseMs: 't' } as const;
const KEY_FIELDS = Object.entries(KEY_LETTERS) as [keyof KeyCounts, string][];
const FIELD_OF_LETTER = new Map(KEY_FIELDS.map(([field, letter]) => [letter, field]));

/** Fields of a key's row: the id with a letter each; what is 0 is left out. */
export const keyFields = (keyId: string, counts: KeyCounts): [field: string, value: number][] =>
  KEY_FIELDS.flatMap(([field, letter]) => (counts[field] > 0 ? [[keyId + letter, counts[field]]] : []));

export function readKeyField(field: string): { keyId: string; of: keyof KeyCounts } | undefined {
  const of = FIELD_OF_LETTER.get(field.slice(-1));
  const keyId = field.slice(0, -1);
  return of && KEY_ID.test(keyId) ? { keyId, of } : undefined;
}
