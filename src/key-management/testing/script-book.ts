import type { ScriptedAnswer, ScriptedOutcome } from './scripted-answer';
import type { ScriptedCall } from './scripted-call';

/** What was scripted for a provider, or for one of its keys. */
export interface ScriptPage {
  /** Used up in this order. */
  readonly next: ScriptedAnswer[];
  always: ScriptedAnswer | undefined;
  probes: ScriptedOutcome | undefined;
}

const newPage = (): ScriptPage => ({ next: [], always: undefined, probes: undefined });

/** A provider of an app under test: its keys by the id that a hash of the key gives, to the id that the test gave. */
export type ScriptedKeys = ReadonlyMap<string, string>;

/** The answers and the calls of one app under test. */
export class ScriptBook {
  readonly calls: ScriptedCall[] = [];
  /** Providers that the running app knows beside those that the test named: by a checker, or by a pool that it opened. */
  alsoKnown: ((provider: string) => boolean) | undefined;
  readonly #pages = new Map<string, ScriptPage>();

  constructor(readonly providers: ReadonlyMap<string, ScriptedKeys>) {}

  knows(provider: string): boolean {
    return this.providers.has(provider) || this.alsoKnown?.(provider) === true;
  }

  page(provider: string, keyId?: string): ScriptPage {
    const name = nameOf(provider, keyId);
    let page = this.#pages.get(name);
    if (page === undefined) this.#pages.set(name, (page = newPage()));
    return page;
  }

  /** What is left of the answers that `next` gave, for a provider with all its keys, or for all providers. */
  pending(provider?: string): number {
    return [...this.#pages]
      .filter(([name]) => provider === undefined || name === provider || name.startsWith(`${provider} `))
      .reduce((sum, [, { next }]) => sum + next.length, 0);
  }

  /** The answer to a call with this key: its own before the provider's, the next before the lasting one. */
  take(provider: string, keyId: string): ScriptedAnswer | undefined {
    const pages = [this.#pages.get(nameOf(provider, keyId)), this.#pages.get(provider)];
    for (const page of pages) if (page && page.next.length > 0) return page.next.shift();
    return pages.find((page) => page?.always !== undefined)?.always;
  }

  /** What a probe of the key comes to. @param hashId The id that a hash of the key gives. */
  probeOf(provider: string, hashId: string): ScriptedOutcome {
    const keyId = this.providers.get(provider)?.get(hashId) ?? hashId;
    return this.#pages.get(nameOf(provider, keyId))?.probes ?? this.#pages.get(provider)?.probes ?? 'ok';
  }

  clear(): void {
    this.#pages.clear();
    this.calls.length = 0;
  }
}

/** No name of a provider has a blank. */
const nameOf = (provider: string, keyId: string | undefined): string =>
  keyId === undefined ? provider : `${provider} ${keyId}`;
