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
