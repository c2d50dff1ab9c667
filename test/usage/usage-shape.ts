/** What a vendor answered, with what it used and cost, reckoned by hand. */
export interface UsageShape {
  readonly vendor: string;
  readonly what: string;
  /** The model that the call named; undefined where it named none. */
  readonly model?: string;
  /** A whole answer; or, of a stream, the text of its events. */
  readonly plain?: object;
  readonly stream?: string;
  /** A stream in Amazon's frames. */
  readonly framed?: true;
  /** Input, output, and of those: read from a cache, written to a cache, reasoning. Undefined: the answer states nothing. */
  readonly tokens:
    readonly [input: number, output: number, cached?: number, written?: number, reasoning?: number] | undefined;
  /** US dollars, at the prices of 2026-11-28, 05:00 UTC; undefined where no price is known. */
  readonly usd: number | undefined;
}

export const M = 1e6;
export const sse = (...events: object[]): string =>
  events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
export const lines = (...events: object[]): string => events.map((event) => `${JSON.stringify(event)}\n`).join('');
/** Enough that neither the beginning nor the end of a stream reaches the other. */
export const LONG = sse(...Array.from({ length: 600 }, () => ({ choices: [{ delta: { content: 'so it goes on' } }] })));
export const chat = (usage: object, model = 'm') => ({ object: 'chat.completion', choices: [], model, usage });
