import { STATUS_CODES } from 'node:http';
import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty, ApiResponse, IntersectionType, type ApiResponseOptions } from '../openapi';
import { AddedKeysDto } from './keys.dto';

export class FieldProblemDto {
  @ApiProperty({ example: 'keys.3.label' }) field!: string;
  @ApiProperty({ example: 'must be a string' }) problem!: string;
}

export class ErrorDto {
  @ApiProperty({ type: 'integer', example: 400 }) statusCode!: number;
  @ApiProperty({ example: 'Bad Request' }) error!: string;
  @ApiProperty({ example: 'keys.3.label: must be a string' }) message!: string;
  @ApiProperty({
    type: () => [FieldProblemDto],
    required: false,
    description: 'With 400: what is wrong with which field.',
  })
  problems?: FieldProblemDto[];
}

/** 503 of a change: what became of it. */
export class StoreUnavailableDto extends ErrorDto {
  @ApiProperty({ enum: ['STORE_UNAVAILABLE'], example: 'STORE_UNAVAILABLE' }) code!: 'STORE_UNAVAILABLE';
  @ApiProperty({ example: true, description: 'The change is in force in this instance.' }) applied!: boolean;
  @ApiProperty({
    example: true,
    description: 'The change waits in this instance, and is written when the store works again.',
  })
  will_be_written!: boolean;
}

/** 503 of adding keys: also what an answer of 200 says, with `persistence` as it is now. */
export class KeysNotStoredDto extends IntersectionType(StoreUnavailableDto, AddedKeysDto) {}

/** Documents the answer to a change that the store has not taken within 5 s. */
export const StoreAnswer = (type: Type<StoreUnavailableDto> = StoreUnavailableDto): MethodDecorator =>
  ApiResponse({
    status: 503,
    type,
    description:
      'The change could not be kept: the store is away, full or read-only. The answer says what became of it.',
  });

const MEANINGS = {
  400: 'Malformed: `problems` names the fields.',
  401: 'No token, or a wrong one.',
  403: 'The token opens less than this.',
  404: 'No such provider or key; in production without ADMIN_TOKEN: no admin API.',
  409: 'In conflict with the state of things; the message says how.',
  413: 'The body is too large.',
  415: 'The body is no JSON, or does not say so.',
  429: 'Too many wrong tokens from this address. `Retry-After` says when to try again.',
  503: 'No more streams are opened: too many are open, or the app is going down.',
} as const;

const HEADERS: Partial<Record<keyof typeof MEANINGS, ApiResponseOptions['headers']>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } },
};

/** Documents the error answers of a route; those that every guarded route may give are always among them. */
export const ErrorAnswers = (...statuses: (keyof typeof MEANINGS)[]): MethodDecorator =>
  applyDecorators(
    ...[...new Set([...statuses, 401, 403, 404, 429] as const)].map((status) =>
      ApiResponse({
        status,
        type: ErrorDto,
        description: MEANINGS[status],
        example: exampleOf(status),
        headers: HEADERS[status],
      }),
    ),
  );

const MESSAGES: Partial<Record<number, string>> = {
  400: 'keys.3.label: must be a string',
  401: 'The token is not valid.',
  403: 'A viewer may not do this. Use the admin token.',
  404: 'There is no provider of that name.',
  409: 'The key is being checked right now. Ask again in a moment.',
  413: 'Payload Too Large',
  415: 'Send the body as JSON, with "Content-Type: application/json".',
  429: 'Too many wrong tokens. Try again in 42 s.',
  503: 'No more streams are opened.',
};

function exampleOf(status: number): ErrorDto {
  const example = { statusCode: status, error: STATUS_CODES[status] ?? '', message: MESSAGES[status] ?? '' };
  return status === 400 ? { ...example, problems: [{ field: 'keys.3.label', problem: 'must be a string' }] } : example;
}
