import { maskSecret } from '../../classification/redaction/redact';
import type { EvidenceContext, TakenEvidence } from '../../classification/evidence/error-evidence';
import type { ApiKey } from '../../pool/key/api-key';
import { AnswerBody, type AnswerEnd } from '../answers/answer-body';
import type { AnswerWatch } from '../answers/answer-watch';
import { BodySource } from '../answers/body-source';
import { PassingRedaction, withoutKeys } from '../answers/passing-redaction';
import { withBody } from '../answers/response-copies';
import type { AttemptContext } from '../attempt-context';
import type { FetchTerms } from './managed-request';

const NOBODY = (): void => undefined;

/** Makes of the vendor's answers what the caller of a managed fetch gets: the same, without the keys that it never had, and bounded to its end. */
export class HandedOn {
  readonly #keys: readonly ApiKey[];

  constructor(
    private readonly terms: FetchTerms,
    private readonly context: AttemptContext,
    private readonly evidence: () => EvidenceContext,
  ) {
    const { key } = context.candidate.record;
    terms.keysUsed.add(key);
    this.#keys = [...terms.keysUsed];
  }

  /** A good answer, as it comes. Its key is in use until it ends. */
  passing(response: Response, source: BodySource, watch: AnswerWatch | undefined): Response {
    const { openAnswers } = this.context;
    const ended = openAnswers.opened(watch);
    const body = this.#body(response, source, watch, ended);
    openAnswers.passing(body);
    return this.#copy(response, body);
  }

  /** A failed answer, as it comes: its key has got its verdict. */
  given(response: Response, source: BodySource): Response {
    return this.#copy(response, this.#body(response, source, undefined, NOBODY));
  }

  refusal(response: Response, { body, text }: TakenEvidence): Response {
    if (text === undefined) return body === null ? this.bodiless(response) : this.given(response, new BodySource(body));
    // Of a short text parts of a key go, too.
    const masked = this.#keys.reduce((rest, key) => maskSecret(rest, key.reveal(), key.masked), text);
    const clean = withoutKeys(masked, this.#keys);
    // Bytes that are no text stay as they are.
    if (clean === text) return this.#copy(response, body);
    void body?.cancel().catch(() => undefined);
    return this.#resized(response, Buffer.from(clean));
  }

  /** A short answer that is there already. */
  whole(response: Response, body: Buffer): Response {
    const clean = new PassingRedaction(this.#keys, false).whole(body);
    return clean === body ? this.#copy(response, bytesOf(body)) : this.#resized(response, clean);
  }

  bodiless(response: Response): Response {
    return this.#copy(response, null);
  }

  #body(response: Response, source: BodySource, watch: AnswerWatch | undefined, settled: (end: AnswerEnd) => void) {
    const { settings, signals, endsAt, idleTimeoutMs } = this.terms;
    return AnswerBody.open(source, {
      clock: settings.clock,
      limits: settings.limits,
      bodies: settings.bodies,
      signals,
      endsAt,
      idleTimeoutMs,
      evidence: this.evidence,
      watch,
      redaction: new PassingRedaction(this.#keys, response.headers.has('content-length')),
      settled,
    });
  }

  #copy(
    response: Response,
    body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null,
    headers: Headers = this.#headers(response.headers),
  ): Response {
    const url = withoutKeys(response.url, this.#keys);
    return withBody(response, body, { headers, url, statusText: withoutKeys(response.statusText, this.#keys) });
  }

  #resized(response: Response, body: Buffer): Response {
    const headers = new Headers(this.#headers(response.headers));
    headers.delete('content-length');
    return this.#copy(response, bytesOf(body), headers);
  }

  /** The same headers where no key is in them. */
  #headers(headers: Headers): Headers {
    let isClean = true;
    const pairs: [string, string][] = [];
    for (const [name, value] of headers) {
      const clean = withoutKeys(value, this.#keys);
      isClean &&= clean === value;
      pairs.push([name, clean]);
    }
    return isClean ? headers : new Headers(pairs);
  }
}

/** As the types of fetch want bytes. */
const bytesOf = (body: Buffer): Uint8Array<ArrayBuffer> =>
  new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
