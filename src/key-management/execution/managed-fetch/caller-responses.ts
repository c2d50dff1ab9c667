import type { TakenEvidence } from '../../classification/evidence/error-evidence';
import { maskSecret } from '../../classification/redaction/redact';
import { BodySource } from '../../common/body-source';
import { cancelBody } from '../../common/cancel-response-body';
import type { ApiKey } from '../../pool/key/api-key';
import { AnswerBody, type BodyTerms } from '../answers/answer-body';
import { kindOf, type AnswerWatch } from '../answers/answer-watch';
import { PassingRedaction, wholeWithoutKeys, withoutKeys } from '../answers/passing-redaction';
import { responseWith, type AnswerHead } from '../answers/response-with';
import type { AttemptContext } from '../attempt-context';
import { PassingThrough, WithoutUsageEvent } from './include-usage';
import type { FetchTerms } from './managed-request';

/** Makes the responses for the caller of a managed fetch: the vendor's, but without the keys that the caller never had, and bounded to their end. */
export class CallerResponses {
  readonly #keys: readonly ApiKey[];

  constructor(
    private readonly terms: FetchTerms,
    private readonly context: AttemptContext,
  ) {
    const { keysUsed } = terms;
    if (!keysUsed.includes(context.key)) keysUsed.push(context.key);
    this.#keys = keysUsed;
  }

  /** A good answer that streams. Its key is in use until the answer ends. */
  streaming(response: AnswerHead, source: BodySource, watch: AnswerWatch | undefined): Response {
    const { openAnswers } = this.context;
    const body = this.#body(response, source, { onSettled: openAnswers.opened(watch), watch });
    openAnswers.addBody(body);
    return this.#copy(response, body);
  }

  /** An answer that streams without being watched, since its key is settled already, or its body says nothing. */
  unwatched(response: AnswerHead, source: BodySource): Response {
    return this.#copy(response, this.#body(response, source, { onSettled: () => undefined }));
  }

  /** A failed answer whose evidence was read. */
  refusal(response: AnswerHead, taken: TakenEvidence): Response {
    if (taken.text === undefined) {
      const { body } = taken;
      return body === null ? this.bodiless(response) : this.unwatched(response, new BodySource(body));
    }
    const { body, text } = taken;
    // Of a short text parts of a key are removed, too.
    const masked = this.#keys.reduce((rest, key) => maskSecret(rest, key.reveal(), key.masked), text);
    const clean = withoutKeys(masked, this.#keys);
    // Bytes that are no text stay as they are.
    if (clean === text) return this.#copy(response, body);
    cancelBody(body);
    return this.#resized(response, Buffer.from(clean));
  }

  /** An answer whose body was read whole. @param text Of the body, one unit for each byte. */
  whole(response: AnswerHead, body: Buffer, text: string): Response {
    const clean = wholeWithoutKeys(body, text, this.#keys);
    return clean === body ? this.#copy(response, bytesOf(body)) : this.#resized(response, clean);
  }

  bodiless(response: AnswerHead): Response {
    return this.#copy(response, null);
  }

  #body(response: AnswerHead, source: BodySource, seenBy: Pick<BodyTerms, 'onSettled' | 'watch'>) {
    const { settings, signals, endsAt, idleTimeoutMs } = this.terms;
    const redaction = new PassingRedaction(this.#keys, response.headers.has('content-length'));
    return AnswerBody.open(source, {
      settings,
      signals,
      endsAt,
      idleTimeoutMs,
      evidence: () => this.context.evidenceContext(),
      redaction:
        this.terms.hidesUsage && kindOf(response.headers) === 'events'
          ? new PassingThrough(new WithoutUsageEvent(), redaction)
          : redaction,
      ...seenBy,
    });
  }

  #copy(response: AnswerHead, body: ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null): Response {
    return responseWith(response, body, this.#holdsKey(response) ? this.#clean(response) : undefined);
  }

  #resized(response: AnswerHead, body: Buffer): Response {
    const clean = this.#clean(response);
    clean.headers.delete('content-length');
    return responseWith(response, bytesOf(body), clean);
  }

  /** Whether a key may stand beside the body: one search for all that it could stand in, none of which has a line feed. */
  #holdsKey({ url, statusText, headers }: AnswerHead): boolean {
    let text = `${url}\n${statusText}`;
    headers.forEach((value) => (text += `\n${value}`));
    return withoutKeys(text, this.#keys) !== text;
  }

  #clean({ url, statusText, headers }: AnswerHead) {
    const pairs = Array.from(headers, ([name, value]): [string, string] => [name, withoutKeys(value, this.#keys)]);
    return {
      url: withoutKeys(url, this.#keys),
      statusText: withoutKeys(statusText, this.#keys),
      headers: new Headers(pairs),
    };
  }
}

/** The bytes as the types of fetch want them. */
const bytesOf = (body: Buffer): Uint8Array<ArrayBuffer> =>
  new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength);
