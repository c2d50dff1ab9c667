import { json, type Answer, type Call, type Endpoint } from '../../core/call';
import { valuesUnder, type ObjectsVoice, type OrganizationObjects } from '../../core/objects';
import { idOf, responseObject, unixTime } from './answers';
import { envelope } from './errors';

const OBJECTS: Endpoint = { surface: 'objects', operation: 'objects' };
const PATH = /^\/v1\/(files|uploads|batches|conversations|vector_stores)(?:\/([^/]+)(?:\/([^/]+)(?:\/([^/]+))?)?)?$/;
const RESPONSE = /^\/v1\/responses\/([^/]+)(?:\/(cancel))?$/;
const PREFIXES: Readonly<Record<string, string>> = {
  files: 'file-',
  uploads: 'upload_',
  batches: 'batch_',
  conversations: 'conv_',
  vector_stores: 'vs_',
};
const NAMES: Readonly<Record<string, string>> = {
  files: 'File',
  uploads: 'Upload',
  batches: 'Batch',
  conversations: 'Conversation',
  vector_stores: 'Vector store',
};
const FILE_FIELDS = ['file_id', 'file_ids', 'input_file_id'];

export const routeOpenAiObjects = (path: string): Endpoint | undefined =>
  PATH.test(path) || RESPONSE.test(path) ? OBJECTS : undefined;

const noSuch = (name: string, id: string): Answer =>
  envelope(404, `No such ${name} object: ${id}`, 'invalid_request_error', null, 'id');

function fileOf(call: Call, id: string, purpose: unknown): object {
  return {
    id,
    object: 'file',
    bytes: call.bodyBytes,
    created_at: unixTime(call),
    filename: 'a',
    purpose,
    status: 'processed',
  };
}

/** The object that a POST to its collection makes. */
function made(call: Call, collection: string, id: string, objects: OrganizationObjects): object {
  const body = call.body ?? {};
  const common = { id, created_at: unixTime(call) };
  switch (collection) {
    case 'files':
      return fileOf(call, id, 'batch');
    case 'uploads':
      return { ...common, object: 'upload', status: 'pending', purpose: body.purpose, filename: body.filename };
    case 'batches': {
      const output = idOf('file-out', call);
      objects.make(output, fileOf(call, output, 'batch_output'));
      const { input_file_id, endpoint } = body;
      return { ...common, object: 'batch', status: 'completed', endpoint, input_file_id, output_file_id: output };
    }
    case 'conversations':
      return { ...common, object: 'conversation', metadata: {} };
    default:
      return { ...common, object: 'vector_store', status: 'completed', file_counts: { completed: 1, total: 1 } };
  }
}

/** What is done to an object: the parts of an upload and its end, the files of a vector store, the end of a batch. */
function done(
  call: Call,
  [, collection, id, action, of]: readonly (string | undefined)[],
  objects: OrganizationObjects,
): Answer {
  const whole = objects.find(id!)!;
  if (collection === 'uploads' && action === 'parts')
    return json(200, { id: idOf('part_', call), object: 'upload.part', upload_id: id, created_at: unixTime(call) });
  if (collection === 'uploads') {
    const file = idOf('file-', call);
    objects.make(file, fileOf(call, file, whole.purpose));
    return json(200, { ...whole, status: 'completed', file: objects.find(file) });
  }
  if (collection === 'vector_stores') {
    const file = of ?? String(call.body?.file_id);
    if (!objects.find(file)) return noSuch('File', file);
    return json(200, { id: file, object: 'vector_store.file', vector_store_id: id, status: 'completed' });
  }
  if (action === 'content')
    return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: 'content' };
  return json(200, { ...whole, status: 'cancelling' });
}

function answer(call: Call, objects: OrganizationObjects): Answer {
  const response = RESPONSE.exec(call.path);
  if (response) return answerResponse(response[1]!, objects);
  const parts = PATH.exec(call.path)!;
  const [, collection = '', id, action] = parts;
  if (id === undefined) {
    const missing = valuesUnder(call.body, FILE_FIELDS).find((file) => !objects.find(file));
    if (missing !== undefined) return noSuch('File', missing);
    const own = idOf(PREFIXES[collection]!, call);
    objects.make(own, made(call, collection, own, objects));
    return json(200, objects.find(own));
  }
  if (!objects.find(id)) return noSuch(NAMES[collection]!, id);
  if (action !== undefined) return done(call, parts, objects);
  if (call.method !== 'DELETE') return json(200, objects.find(id));
  objects.drop(id);
  return json(200, { id, object: collection, deleted: true });
}

function answerResponse(id: string, objects: OrganizationObjects): Answer {
  const kept = objects.find(id);
  if (!kept) return envelope(404, `Response with id '${id}' not found.`, 'invalid_request_error', null, 'response_id');
  // Work in the background is done when it is looked at for the second time.
  if (kept.status === 'queued') objects.make(id, { ...kept, status: 'in_progress' });
  else if (kept.status === 'in_progress') objects.make(id, { ...kept, status: 'completed' });
  return json(200, kept);
}

function missing(call: Call, objects: OrganizationObjects): Answer | undefined {
  const previous = call.body?.previous_response_id;
  if (typeof previous === 'string' && !objects.find(previous))
    return envelope(
      400,
      `Previous response with id '${previous}' not found.`,
      'invalid_request_error',
      'previous_response_not_found',
      'previous_response_id',
    );
  for (const [name, fields] of [
    ['File', FILE_FIELDS],
    ['Conversation', ['conversation']],
    ['Vector store', ['vector_store_ids']],
  ] as const) {
    const gone = valuesUnder(call.body, fields).find((id) => !objects.find(id));
    if (gone !== undefined) return noSuch(name, gone);
  }
  return undefined;
}

export const openAiObjects: ObjectsVoice = {
  answer,
  missing,
  made: (call, objects) => {
    if (call.endpoint.surface !== 'responses' || call.body?.store === false) return;
    const status = call.body?.background === true ? 'queued' : 'completed';
    objects.make(idOf('resp_', call), { ...responseObject(call, undefined), status });
  },
  headers: (organization) => ({ 'openai-organization': organization }),
};
