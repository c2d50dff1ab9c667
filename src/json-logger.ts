import { ConsoleLogger, type ConsoleLoggerOptions } from '@nestjs/common';
import { logFieldsOf } from './key-management';

/** Nest's logger as JSON, with the fields of key management's lines as fields. */
export class JsonLogger extends ConsoleLogger {
  constructor(options: ConsoleLoggerOptions) {
    super({ ...options, json: true });
  }

  protected override getJsonLogObject(
    message: unknown,
    options: Parameters<ConsoleLogger['getJsonLogObject']>[1],
  ): ReturnType<ConsoleLogger['getJsonLogObject']> {
    return super.getJsonLogObject(typeof message === 'string' ? (logFieldsOf(message) ?? message) : message, options);
  }
}
