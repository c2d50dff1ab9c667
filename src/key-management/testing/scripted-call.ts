/** A request that an app under test made. It holds no key. */
export interface ScriptedCall {
  readonly provider: string;
  readonly keyId: string;
  readonly method: string;
  /** Of the URL, without the query. */
  readonly path: string;
  /** As the body or the path names it. */
  readonly model: string | undefined;
  /** Whether a stream was asked for. */
  readonly stream: boolean;
  /** Parsed JSON; text that is no JSON as it is; undefined without a body. */
  readonly body: unknown;
  /** The status that was answered; undefined before, and where `fetch` threw. */
  readonly status: number | undefined;
}
