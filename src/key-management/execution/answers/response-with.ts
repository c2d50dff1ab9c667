import type { ByteStream } from '../../common/body-source';
import type { FetchRedirect } from '../../common/fetch-types';

/** Statuses whose answers have no body. */
export const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether the status of the vendor's answer refuses the call. */
export const isRefusal = ({ ok, status }: Pick<Response, 'ok' | 'status'>, redirect: FetchRedirect): boolean =>
  !ok && status !== 304 && !(status < 400 && redirect === 'manual');

/** What a response says beside its body. */
export type AnswerHead = Readonly<
  Pick<Response, 'status' | 'statusText' | 'ok' | 'url' | 'redirected' | 'type' | 'headers'>
>;

/** An answer as a vendor gave it, for whoever makes a response of it: a `Response` is one. */
export interface VendorAnswer extends AnswerHead {
  readonly body: ByteStream | null;
}

type CopiedBody = ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null;

/** What a copy has in place of the vendor's own. */
export interface ResponseChanges {
  readonly headers?: Headers;
  readonly url?: string;
  readonly statusText?: string;
}

/** Copies the answer with another body. */
export const responseWith = (
  response: AnswerHead,
  body: CopiedBody,
  changes: ResponseChanges = NO_CHANGES,
): Response =>
  body instanceof Uint8Array
    ? new WholeAnswer(body, response, changes)
    : new AnswerCopy(body, response, changes, changes.headers ?? response.headers);

const NO_CHANGES: ResponseChanges = Object.freeze({});

/**
 * A response that says what `new Response` cannot: the URL, whether it was redirected, and statuses and their texts that servers send. SDKs log
 * them, also those of clones.
 */
class AnswerCopy extends Response {
  readonly #of: AnswerHead;
  readonly #changes: ResponseChanges;

  constructor(
    body: ReadableStream<Uint8Array> | null,
    response: AnswerHead,
    changes: ResponseChanges,
    headers?: Headers,
  ) {
    const { status } = response;
    // `new Response` takes no other status; proxies of vendors send some.
    super(body, { status: status >= 200 && status <= 599 ? status : 200, headers });
    this.#of = response;
    this.#changes = changes;
  }

  override get status(): number {
    // `new Response` itself reads it, before this object has fields of its own.
    return #of in this ? this.#of.status : super.status;
  }

  override get ok(): boolean {
    return this.#of.ok;
  }

  override get redirected(): boolean {
    return this.#of.redirected;
  }

  override get type(): ResponseType {
    return this.#of.type;
  }

  override get url(): string {
    return this.#changes.url ?? this.#of.url;
  }

  override get statusText(): string {
    return this.#changes.statusText ?? this.#of.statusText;
  }

  override clone(): Response {
    return responseWith(this, super.clone().body);
  }
}

/** An answer that was read whole. Its headers are copied, and its bytes made a stream, only for who asks for them: that costs more than all else. */
class WholeAnswer extends AnswerCopy {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #given: Headers;
  #headers: Headers | undefined;
  #isRead = false;
  /** The same with a stream, once somebody has asked for that, or asks again: it answers from then on. */
  #streaming: Response | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>, response: AnswerHead, changes: ResponseChanges) {
    super(null, response, changes);
    this.#bytes = bytes;
    this.#given = changes.headers ?? response.headers;
  }

  override get headers(): Headers {
    return (this.#headers ??= new Headers(this.#given));
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#stream().body;
  }

  override get bodyUsed(): boolean {
    return this.#isRead || (this.#streaming?.bodyUsed ?? false);
  }

  override async text(): Promise<string> {
    return this.#mayRead() ? TEXT.decode(this.#read()) : this.#stream().text();
  }

  override async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#mayRead() ? this.#read().slice().buffer : this.#stream().arrayBuffer();
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#mayRead() ? this.#read().slice() : new Uint8Array(await this.#stream().arrayBuffer());
  }

  override blob(): Promise<Blob> {
    return this.#stream().blob();
  }

  override formData(): Promise<FormData> {
    return this.#stream().formData();
  }

  /** @throws TypeError when it was read, or is being read, as any response */
  override clone(): Response {
    return this.#mayRead() ? responseWith(this, this.#bytes) : responseWith(this, this.#stream().clone().body);
  }

  #mayRead(): boolean {
    return !this.#isRead && this.#streaming === undefined;
  }

  #read(): Uint8Array<ArrayBuffer> {
    this.#isRead = true;
    return this.#bytes;
  }

  #stream(): Response {
    if (this.#streaming) return this.#streaming;
    this.#streaming = new Response(this.#bytes, { headers: this.headers });
    // What was read once is refused as any response refuses it.
    if (this.#isRead) void this.#streaming.arrayBuffer();
    return this.#streaming;
  }
}

const TEXT = new TextDecoder();

/** Marks the vendor's answer so that an SDK does not retry what was retried here. Its body is left unread. */
export function markedFinal(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set('x-should-retry', 'false');
  return responseWith(response, BODILESS.has(response.status) ? null : response.body, { headers });
}
