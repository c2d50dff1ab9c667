import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import type { z } from 'zod';
import { Answer, type ApiResponseOptions, type LazySchema } from './openapi';
import { ERROR, STORE_UNAVAILABLE } from './schemas/errors';

/** Documents the answer to a change that the store has not taken within 5 s. */
export const StoreAnswer = (schema: LazySchema = () => STORE_UNAVAILABLE): MethodDecorator =>
  Answer(503, schema, {
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
      Answer(status, () => ERROR, {
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

function exampleOf(status: number): z.infer<typeof ERROR> {
  const example = { statusCode: status, error: STATUS_CODES[status] ?? '', message: MESSAGES[status] ?? '' };
  return status === 400 ? { ...example, problems: [{ field: 'keys.3.label', problem: 'must be a string' }] } : example;
}
