import { Injectable, ValidationPipe, type ArgumentMetadata } from '@nestjs/common';
import { invalidRequest } from '../api-problem';
import { fieldProblems } from './field-problems';
import { hostileInput } from './hostile-input';

/** Checks bodies and queries against their DTOs: unknown fields are refused, problems name the field and never a value. */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) => invalidRequest(fieldProblems(errors)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type !== 'body' && metadata.type !== 'query') return super.transform(value, metadata);
    const problem = hostileInput(value, metadata.type);
    if (problem) throw invalidRequest([problem]);
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw invalidRequest([{ field: metadata.type, problem: 'must be a JSON object' }]);
    }
    return super.transform(value, metadata);
  }
}
