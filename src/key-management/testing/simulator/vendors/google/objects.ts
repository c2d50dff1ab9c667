import { json, type Answer, type Call, type Endpoint } from '../../core/call';
import { valuesUnder, type ObjectsVoice, type OrganizationObjects } from '../../core/objects';
import { googleError } from './errors';

const OBJECTS: Endpoint = { surface: 'objects', operation: 'objects' };
const PATH =
  /^(\/upload)?\/v1(?:beta|alpha)?\/(?:(files|cachedContents|batches)(?:\/([^/:]+))?|models\/([^/:]+)(?:\/operations\/([^/:]+)|:(batchGenerateContent|predictLongRunning)))$/;

export const routeGoogleObjects = (path: string): Endpoint | undefined => (PATH.test(path) ? OBJECTS : undefined);

const notFound = (): Answer => googleError(404, 'NOT_FOUND', 'Requested entity was not found.');

/** As the vendor says it of a file: not 404, since it does not tell whether there is one. */
const noFile = (id: string): Answer =>
  googleError(403, 'PERMISSION_DENIED', `You do not have permission to access the File ${id} or it may not exist.`);

const ok = (value: unknown, headers: Record<string, string> = {}): Answer =>
  json(200, value, { 'content-type': 'application/json; charset=UTF-8', ...headers });

/** Where the vendor was called: parts go to a URL of the same host. */
const originOf = (call: Call): string => `http://${String(call.headers.host)}/google`;

const bare = (uri: string): string => uri.split('files/').at(-1)!;

function missing(call: Call, objects: OrganizationObjects): Answer | undefined {
  const file = valuesUnder(call.body, ['fileUri', 'fileName', 'file_name'])
    .map(bare)
    .find((id) => !objects.find(`files/${id}`));
  if (file !== undefined) return noFile(file);
  const [cache] = valuesUnder(call.body, ['cachedContent']);
  const hasCache = cache === undefined || objects.find(cache) !== undefined;
  return hasCache ? undefined : googleError(403, 'PERMISSION_DENIED', 'CachedContent not found (or permission denied)');
}

/** A resumable upload: it begins, and its parts come to the URL that it was told. */
function upload(call: Call, objects: OrganizationObjects): Answer {
  const command = String(call.headers['x-goog-upload-command']);
  if (command === 'start') {
    const id = `upload-${call.requestId}`;
    objects.make(id, {});
    const url = `${originOf(call)}/upload/v1beta/files?upload_id=${id}&upload_protocol=resumable`;
    return ok({}, { 'x-goog-upload-url': url, 'x-goog-upload-status': 'active' });
  }
  if (!objects.find(new URLSearchParams(call.query).get('upload_id') ?? '')) return notFound();
  if (!command.includes('finalize')) return ok({}, { 'x-goog-upload-status': 'active' });
  const name = `files/${call.requestId}`;
  const file = { name, uri: `${originOf(call)}/v1beta/${name}`, mimeType: 'text/plain', state: 'PROCESSING' };
  objects.make(name, file);
  return ok({ file }, { 'x-goog-upload-status': 'final' });
}

function answer(call: Call, objects: OrganizationObjects): Answer {
  const [, isUpload, collection, id, model, operation, action] = PATH.exec(call.path)!;
  if (isUpload) return upload(call, objects);
  if (collection !== undefined && id !== undefined) {
    const name = `${collection}/${id}`;
    const found = objects.find(name);
    if (!found) return collection === 'files' ? noFile(id) : notFound();
    if (call.method === 'DELETE') {
      objects.drop(name);
      return ok({});
    }
    // It is ready when it is looked at for the second time.
    if (collection === 'files') objects.make(name, { ...found, state: 'ACTIVE' });
    return ok(found);
  }
  if (operation !== undefined) return poll(`models/${model}/operations/${operation}`, objects);
  const refused = missing(call, objects);
  if (refused) return refused;
  const name = nameOf(collection, model, action, call.requestId);
  const expireTime = new Date(call.now + 3_600_000).toISOString();
  const value =
    action === 'batchGenerateContent'
      ? { name, metadata: { name, state: 'BATCH_STATE_PENDING', model: `models/${model}` } }
      : { name, ...(collection ? { model: call.body?.model, expireTime } : {}) };
  objects.make(name, value);
  return ok(value);
}

function nameOf(
  collection: string | undefined,
  model: string | undefined,
  action: string | undefined,
  id: string,
): string {
  if (action === 'predictLongRunning') return `models/${model}/operations/${id}`;
  return `${action === 'batchGenerateContent' ? 'batches' : collection}/${id}`;
}

/** A long-running operation is done when it is looked at for the second time. */
function poll(name: string, objects: OrganizationObjects): Answer {
  const found = objects.find(name);
  if (!found) return notFound();
  objects.make(name, {
    ...found,
    done: true,
    response: { generateVideoResponse: { generatedSamples: [{ video: { uri: 'x' } }] } },
  });
  return ok(found);
}

export const googleObjects: ObjectsVoice = { answer, missing };
