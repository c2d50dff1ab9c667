import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';

/** Keeps a copy of everything the process prints, whoever prints it, so that it can be searched for keys. */
export class Recording {
  #text = '';

  /** A logger that records all levels and prints nothing, so that only the demo prints. */
  readonly logger: Required<Omit<LoggerService, 'setLogLevels'>> = {
    verbose: (...parts) => this.#log(parts),
    debug: (...parts) => this.#log(parts),
    log: (...parts) => this.#log(parts),
    warn: (...parts) => this.#log(parts),
    error: (...parts) => this.#log(parts),
    fatal: (...parts) => this.#log(parts),
  };
  logged = 0;

  start(): void {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
      stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
        this.note(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
        return write(chunk, ...rest);
      };
    }
  }

  /** Records what an app could print: results, errors, the status document. */
  note(text: string): void {
    this.#text += `${text}\n`;
  }

  #log(parts: readonly unknown[]): void {
    this.logged += 1;
    this.note(inspect(parts, { depth: 8 }));
  }

  get length(): number {
    return this.#text.length;
  }

  /** How many of the keys appear in the recording. */
  leaked(keys: readonly string[]): number {
    return keys.filter((key) => this.#text.includes(key)).length;
  }
}
