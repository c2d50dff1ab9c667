import { jsonIn } from './body-text';
import { isObject, itemsOf, read, wordOf } from './safe-read';

/** What a vendor's JSON body says, unjudged and not yet redacted. */
export interface BodyFacts {
  codes: string[];
  types: string[];
  reasons: string[];
  vendorStatuses: string[];
  quotaIds: string[];
  detailCodes: string[];
  retryDelays: string[];
  message: string;
}

/** Envelopes inside envelopes (an SDK around a gateway around a vendor) are opened this deep. */
const DEEPEST = 6;
const MOST_WORDS = 16;
/** These name the envelope, not the error. */
const ENVELOPE_TYPES = new Set(['error', 'response.failed']);

export const noFacts = (): BodyFacts => ({
  codes: [],
  types: [],
  reasons: [],
  vendorStatuses: [],
  quotaIds: [],
  detailCodes: [],
  retryDelays: [],
  message: '',
});

/** Whether a body, or an event of a stream, is an error by its shape. */
export function hasErrorEnvelope(body: unknown): boolean {
  if (!isObject(body)) return false;
  const first = itemsOf(body, 1)[0] ?? body;
  if (ENVELOPE_TYPES.has(String(wordOf(read(first, 'type')))) || read(first, 'event_type') === 'error') return true;
  if (failedBase(first) !== undefined) return true;
  const error = read(first, 'error');
  return isObject(error) || (typeof error === 'string' && error.trim() !== '');
}

/** MiniMax's `base_resp`, where it tells of a failure: any code but 0. */
export function failedBase(body: unknown): object | undefined {
  const base = read(body, 'base_resp');
  const code = read(base, 'status_code');
  return isObject(base) && typeof code === 'number' && code !== 0 ? base : undefined;
}

/** Collects every code, type, reason and status from the places where vendors put them, and only from there. */
export function collectFacts(body: unknown): BodyFacts {
  const facts = noFacts();
  visit(body, facts, 0);
  return facts;
}

function visit(value: unknown, facts: BodyFacts, depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') return visitText(value, facts, depth);
  if (!isObject(value)) return;
  const first = itemsOf(value, 1)[0];
  if (first !== undefined) return visit(first, facts, depth + 1);
  const failed = read(read(value, 'response'), 'error');
  if (isObject(failed)) return visit(failed, facts, depth + 1);
  addWords(value, facts);
  const base = failedBase(value);
  if (base) {
    push(facts.codes, wordOf(read(base, 'status_code')));
    facts.message ||= wordOf(read(base, 'status_msg')) ?? '';
  }
  const error = read(value, 'error');
  if (isObject(error) || typeof error === 'string') visit(error, facts, depth + 1);
  if (facts.message === '') addMessage(value, facts, depth);
}

/** A sentence, unless the whole of it is JSON once more (js-genai puts the vendor's body there as a string). */
function visitText(text: string, facts: BodyFacts, depth: number): void {
  const inner = jsonIn(text);
  if (inner === undefined) facts.message ||= text;
  else visit(inner, facts, depth + 1);
}

function addMessage(value: object, facts: BodyFacts, depth: number): void {
  for (const name of ['message', 'detail', 'error_message']) {
    const found = read(value, name);
    const text = typeof found === 'string' ? found : textOfValidation(found);
    if (text) return visitText(text, facts, depth);
  }
}

/** FastAPI's `detail: [{ msg }]`, also as Mistral nests it in `message`. Its `input` is the caller's and stays unread. */
function textOfValidation(detail: unknown): string | undefined {
  const list = Array.isArray(detail) ? detail : read(detail, 'detail');
  const msg = read(itemsOf(list, 1)[0], 'msg');
  return typeof msg === 'string' ? msg : undefined;
}

function addWords(value: object, facts: BodyFacts): void {
  push(facts.codes, wordOf(read(value, 'code')));
  const type = read(value, 'type');
  if (typeof type === 'string' && !ENVELOPE_TYPES.has(type)) push(facts.types, wordOf(type));
  const status = read(value, 'status');
  if (typeof status === 'string') push(facts.vendorStatuses, wordOf(status));
  const details = read(value, 'details');
  push(facts.detailCodes, wordOf(read(details, 'error_code')));
  for (const detail of itemsOf(details)) addDetail(detail, facts);
}

/** One of Google's `details`: ErrorInfo, QuotaFailure or RetryInfo. */
function addDetail(detail: unknown, facts: BodyFacts): void {
  push(facts.reasons, wordOf(read(detail, 'reason')));
  for (const violation of itemsOf(read(detail, 'violations'))) push(facts.quotaIds, wordOf(read(violation, 'quotaId')));
  const delay = read(detail, 'retryDelay');
  push(facts.retryDelays, typeof delay === 'string' ? delay : secondsOf(read(delay, 'seconds')));
}

const secondsOf = (seconds: unknown): string | undefined => {
  const word = wordOf(seconds);
  return word === undefined ? undefined : `${word}s`;
};

function push(list: string[], word: string | undefined): void {
  if (word !== undefined && list.length < MOST_WORDS && !list.includes(word)) list.push(word);
}
