import { inspect } from 'node:util';

/** A short-lived token, and when it ends where that is known. */
export interface KeyToken {
  key: string;
  expiresAt?: Date;
}

/** The function that gets the tokens of one key. */
export type TokenFunction = () => Promise<string | KeyToken>;

/** Where the short-lived tokens of one key come from, and whether it has one that may be used. */
export class KeyTokens {
  /** None has come yet, or the last one is over. */
  isLacking = true;
  /** Asks for a token now, unless that is under way. Set by whoever asks the function; never rejects. */
  ask: () => Promise<void> = () => Promise.resolve();

  constructor(readonly get: TokenFunction) {}

  toJSON(): unknown {
    return { isLacking: this.isLacking };
  }

  [inspect.custom](): string {
    return `KeyTokens(${this.isLacking ? 'none' : 'one'})`;
  }
}
