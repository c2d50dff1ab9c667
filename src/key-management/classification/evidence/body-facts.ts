import { ALL_FORMATS } from '../../vendors/wire-formats';
import { fieldsOf, isList, itemsOf, jsonIn, type Fields, type Tree } from './body-tree';
import { httpStatusOf, isObject, wordOf } from './safe-read';

/** What a vendor's JSON body says, unjudged and not yet redacted. */
export interface BodyFacts {
  codes: string[];
  types: string[];
  reasons: string[];
  vendorStatuses: string[];
  quotaIds: string[];
  detailCodes: string[];
  /** What Google's `details` say of whom the refusal concerns, by field; the first of a name counts. */
  details: Record<string, string>;
  /** Durations until the vendor is to be asked again, as `26s`. */
  retryDelays: string[];
  /** ISO dates and times at which a limit starts afresh. */
  resetsAt: string[];
  /** Headers of the vendor behind a gateway, under lower-case names. */
  headers: Record<string, string>;
  /** Whether what stands before the vendor says itself that it answered. */
  isEdge: boolean;
  message: string;
}

/** Envelopes inside envelopes (an SDK around a gateway around a vendor) are opened this deep. */
const DEEPEST = 6;
const MOST_WORDS = 16;
/** These name the envelope, not the error. */
const ENVELOPE_TYPES: ReadonlySet<unknown> = new Set(['error', 'response.failed']);

export const noFacts = (): BodyFacts => ({
  codes: [],
  types: [],
  reasons: [],
  vendorStatuses: [],
  quotaIds: [],
  detailCodes: [],
  details: {},
  retryDelays: [],
  resetsAt: [],
  headers: {},
  isEdge: false,
  message: '',
});

/** Whether a body, or an event of a stream, is an error by its shape. */
export function hasErrorEnvelope(body: Tree): boolean {
  const first = fieldsOf(itemsOf(body)[0] ?? body);
  const { type, event_type: eventType, error } = first;
  if (ENVELOPE_TYPES.has(wordOf(type)) || eventType === 'error') return true;
  if (failedBase(first) !== undefined) return true;
  return isObject(error) || (typeof error === 'string' && error.trim() !== '');
}

/** MiniMax's `base_resp`, where it tells of a failure: any code but 0. */
export function failedBase(body: Tree): Fields | undefined {
  const base = fieldsOf(fieldsOf(body).base_resp);
  return typeof base.status_code === 'number' && base.status_code !== 0 ? base : undefined;
}

/** Collects every code, type, reason and status from the places where vendors put them, and only from there. */
export function collectFacts(body: Tree): BodyFacts {
  const facts = noFacts();
  visit(body, facts, 0);
  return facts;
}

function visit(value: Tree, facts: BodyFacts, depth: number): void {
  if (depth > DEEPEST) return;
  if (typeof value === 'string') return visitText(value, facts, depth);
  if (isList(value)) return visit(value[0], facts, depth + 1);
  const fields = fieldsOf(value);
  const failed = fieldsOf(fields.response).error;
  if (isObject(failed)) return visit(failed, facts, depth + 1);
  addWords(fields, facts);
  const base = failedBase(fields);
  if (base) {
    push(facts.codes, base.status_code);
    facts.message ||= wordOf(base.status_msg) ?? '';
  }
  if (isObject(fields.error) || typeof fields.error === 'string') visit(fields.error, facts, depth + 1);
  if (facts.message === '') addMessage(fields, facts, depth);
}

/** A sentence, unless the whole of it is JSON once more (js-genai puts the vendor's body there as a string). */
function visitText(text: string, facts: BodyFacts, depth: number): void {
  const inner = jsonIn(text);
  if (inner === undefined) facts.message ||= text;
  else visit(inner, facts, depth + 1);
}

/** Where vendors put their sentence, the likeliest first. */
function addMessage(fields: Fields, facts: BodyFacts, depth: number): void {
  const { message, detail, error_message: errorMessage, err_msg: errMsg, Message: awsMessage, title } = fields;
  for (const found of [message, detail, errorMessage, errMsg, awsMessage, title]) {
    const text = typeof found === 'string' ? found : (textOfValidation(found) ?? textOfDetail(found));
    if (text) return visitText(text, facts, depth);
  }
}

/** ElevenLabs' `detail: { status, message }`, Tavily's `detail: { error }`. */
function textOfDetail(detail: Tree): string | undefined {
  const { message, error } = fieldsOf(detail);
  return [message, error].find((text) => typeof text === 'string');
}

/** FastAPI's `detail: [{ msg }]`, also as Mistral nests it in `message`. Its `input` is the caller's and stays unread. */
function textOfValidation(detail: Tree): string | undefined {
  const { msg } = fieldsOf(itemsOf(isList(detail) ? detail : fieldsOf(detail).detail)[0]);
  return typeof msg === 'string' ? msg : undefined;
}

function addWords(fields: Fields, facts: BodyFacts): void {
  const { code, err_code: errCode, type, __type: awsType, status, details, detail } = fields;
  push(facts.codes, code);
  push(facts.codes, errCode);
  if (typeof awsType === 'string') push(facts.types, awsType.split('#').at(-1));
  if (typeof type === 'string' && !ENVELOPE_TYPES.has(type)) push(facts.types, type);
  if (typeof status === 'string') push(facts.vendorStatuses, status);
  push(facts.detailCodes, fieldsOf(details).error_code);
  push(facts.detailCodes, fieldsOf(detail).status);
  addMetadata(fieldsOf(fields.metadata), facts);
  if (fields.cloudflare_error === true) facts.isEdge = true;
  if (typeof fields.retry_after === 'number') push(facts.retryDelays, `${fields.retry_after}s`);
  for (const detail of itemsOf(details)) addDetail(fieldsOf(detail), facts);
}

/** What OpenRouter tells of the vendor behind it, and of its own limits. */
function addMetadata(
  { reason, reasons, patterns, limit_source: source, error_type: type, resets_at: at, headers }: Fields,
  facts: BodyFacts,
): void {
  for (const word of [reason, source, type]) push(facts.detailCodes, word);
  if (itemsOf(reasons).length > 0 || itemsOf(patterns).length > 0) push(facts.detailCodes, 'flagged_input');
  push(facts.resetsAt, at);
  for (const [name, value] of Object.entries(fieldsOf(headers)).slice(0, MOST_WORDS)) {
    const word = wordOf(value);
    if (word !== undefined) facts.headers[name.toLowerCase()] ??= word;
  }
}

/** One of Google's `details`: ErrorInfo, QuotaFailure or RetryInfo. */
function addDetail({ reason, violations, retryDelay, metadata }: Fields, facts: BodyFacts): void {
  push(facts.reasons, reason);
  addNames(fieldsOf(metadata), facts);
  for (const violation of itemsOf(violations)) {
    push(facts.quotaIds, fieldsOf(violation).quotaId);
    addNames(fieldsOf(violation), facts);
  }
  const seconds = wordOf(fieldsOf(retryDelay).seconds);
  push(facts.retryDelays, typeof retryDelay === 'string' ? retryDelay : seconds && `${seconds}s`);
}

function addNames(fields: Fields, { details }: BodyFacts): void {
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string' || Object.keys(details).length >= MOST_WORDS) continue;
    if (!Object.hasOwn(details, name)) Object.defineProperty(details, name, { value, enumerable: true });
  }
}

function push(list: string[], value: Tree): void {
  const word = wordOf(value);
  if (word !== undefined && list.length < MOST_WORDS && !list.includes(word)) list.push(word);
}

/** The HTTP status that an error inside a 200 answer stands for: its numeric code, else its type's. */
export function statusInBody({ codes, types }: BodyFacts): number | undefined {
  const stated = codes.map(httpStatusOf).find((status) => status !== undefined && status >= 400);
  return stated ?? types.map((type) => ALL_FORMATS.statusOfType.get(type)).find((status) => status !== undefined);
}

/** Where vendors put an answer. One that has any of these is an answer, whatever else it says. */
const CONTENT = ['choices', 'candidates', 'content', 'output', 'data', 'embeddings', 'results'];
/** An object that can be asked for again has one of these. The error in it may be its own: a job that failed, not the call. */
const IDENTITY = ['id', 'object', 'name'];

/**
 * Whether the JSON body of a good HTTP status reports that the call failed: `{"error": …}`, `base_resp.status_code` other than 0, a
 * Responses object with `status: "failed"`, or a list that begins with one of these.
 * @param asked Whether the call only asked for something that exists (GET): then the error is this call's only where nothing else is there.
 */
export function isFailedAnswer(body: Tree, asked = false): boolean {
  const first = fieldsOf(isList(body) ? body[0] : body);
  if (failedBase(first)) return true;
  if (!hasErrorEnvelope(first) || !saysSomething(first.error ?? first)) return false;
  // A Responses object that was begun in the background is asked for until it has failed; that is its answer.
  if (first.object === 'response') return !asked && first.status === 'failed' && first.background !== true;
  if (asked && IDENTITY.some((name) => first[name] !== undefined)) return false;
  return CONTENT.every((name) => isBlank(first[name]));
}

/** Whether the text of a body may report a failure at all, of whatever length: a search costs less than to parse every answer. */
export const mayReportFailure = (text: string): boolean => MARKS_OF_FAILURE.test(text);

const MARKS_OF_FAILURE = /"(?:error|base_resp)"/;

/** `{"message": null, "code": null}` is how some say that there is no error. */
function saysSomething(error: Tree): boolean {
  if (!isObject(error)) return wordOf(error) !== undefined;
  const { message, code, type, status } = fieldsOf(error);
  return [message, code, type, status].some((value) => wordOf(value) !== undefined);
}

/** Whether a field says nothing: it is missing, null, or empty. */
export const isBlank = (value: Tree): boolean =>
  value === undefined || value === null || value === '' || (isList(value) && value.length === 0);
