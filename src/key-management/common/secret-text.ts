import { inspect } from 'node:util';

/** A value that holds secrets, and prints, serialises and inspects as `***`. */
export class Hidden<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [inspect.custom](): string {
    return `${this.constructor.name}(***)`;
  }
}

/** A secret that prints, serialises and inspects as `***`. */
export class SecretText extends Hidden<string> {}

/** The text as a secret, where there is one. */
export const secretOf = (text: string | undefined): SecretText | undefined =>
  text === undefined ? undefined : new SecretText(text);
