import { failedBase, hasErrorEnvelope } from './body-facts';
import { isObject, itemsOf, read, wordOf } from './safe-read';

/** Where vendors put an answer. One that has any of these is an answer, whatever else it says. */
const CONTENT = ['choices', 'candidates', 'content', 'output', 'data', 'embeddings', 'results'];
/** An object that can be asked for again has one of these. The error in it may be its own: a job that failed, not the call. */
const IDENTITY = ['id', 'object', 'name'];

/**
 * Whether the JSON body of a good HTTP status reports that the call failed: `{"error": …}`, `base_resp.status_code` other than 0, a
 * Responses object with `status: "failed"`, or a list that begins with one of these.
 * @param asked Whether the call only asked for something that exists (GET): then the error is this call's only where nothing else is there.
 */
export function isFailedAnswer(body: unknown, asked = false): boolean {
  if (!isObject(body)) return false;
  const first = Array.isArray(body) ? itemsOf(body, 1)[0] : body;
  if (!isObject(first)) return false;
  if (failedBase(first)) return true;
  if (!hasErrorEnvelope(first) || !saysSomething(read(first, 'error') ?? first)) return false;
  // A Responses object that was begun in the background is asked for until it has failed; that is its answer.
  if (read(first, 'object') === 'response')
    return !asked && read(first, 'status') === 'failed' && read(first, 'background') !== true;
  if (asked && IDENTITY.some((name) => read(first, name) !== undefined)) return false;
  return !CONTENT.some((name) => !isEmpty(read(first, name)));
}

/** Whether a body may report a failure at all, of whatever length: a search costs less than to parse every answer. */
export const mayReportFailure = (body: { includes(text: string): boolean }): boolean =>
  body.includes('"error"') || body.includes('"base_resp"');

/** `{"message": null, "code": null}` is how some say that there is no error. */
function saysSomething(error: unknown): boolean {
  if (!isObject(error)) return wordOf(error) !== undefined;
  return ['message', 'code', 'type', 'status'].some((name) => wordOf(read(error, name)) !== undefined);
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
