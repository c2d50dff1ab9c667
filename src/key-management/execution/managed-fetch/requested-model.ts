import { isObject, read } from '../../classification/evidence/safe-read';

/** SDKs write the model first, so that most bodies need not be parsed. */
const MODEL_FIRST = /^\s*\{\s*"model"\s*:\s*"([^"\\]{1,256})"/;
/** `/v1beta/models/{model}:generateContent`, and Azure's `/deployments/{model}/`. */
const MODEL_IN_PATH = /\/(?:models\/([^/:?#]{1,256}):|deployments\/([^/?#]{1,256})\/)/;
/** A longer body without its model at the start is not searched. Characters. */
const LONGEST_PARSED = 1024 * 1024;

/** The model that a request names, in its path or in its body. */
export function requestedModel(path: string, body: unknown): string | undefined {
  const inPath = MODEL_IN_PATH.exec(path);
  if (inPath) return decoded(inPath[1] ?? inPath[2]!);
  if (typeof body === 'string') return modelIn(body);
  if (body instanceof ArrayBuffer) return modelInBytes(Buffer.from(body));
  if (ArrayBuffer.isView(body)) return modelInBytes(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof FormData) return named(body.get('model'));
  return undefined;
}

function modelIn(text: string): string | undefined {
  const first = MODEL_FIRST.exec(text);
  if (first) return first[1];
  if (text.length > LONGEST_PARSED || !text.includes('"model"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? named(read(value, 'model')) : undefined;
  } catch {
    return undefined;
  }
}

const named = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const modelInBytes = (bytes: Buffer): string | undefined =>
  bytes.length <= LONGEST_PARSED ? modelIn(bytes.toString('utf8')) : undefined;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
