import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { KeyIdConflictError, KeyManagementConfigurationError } from '../configuration/resolve-options';
import { KeyManagementError, StoreUnavailableError } from '../errors';
import { ApiProblem, conflict, invalidRequest, notKept } from './api-problem';
import { callProblem } from './call-problem';

/** Messages of the frameworks that repeat what the client sent. */
const ECHOES: readonly (readonly [pattern: RegExp, status: number, message: string])[] = [
  [/^Cannot [A-Z-]+ /, 404, 'There is no such route.'],
  [/\bdecode\b|\burl component\b|\bURI\b/i, 400, 'The URL is malformed.'],
  [/\bJSON\b|Unexpected (token|end|string|number)/, 400, 'The body is not valid JSON.'],
];

/** What is answered for whatever a controller threw. Repeats nothing of what the client sent. */
export function problemOf(exception: unknown): ApiProblem {
  if (exception instanceof ApiProblem) return exception;
  if (exception instanceof KeyIdConflictError) return conflict(exception.problems.map(fieldOf));
  if (exception instanceof KeyManagementConfigurationError) return invalidRequest(exception.problems.map(fieldOf));
  if (exception instanceof StoreUnavailableError) return notKept(exception);
  if (exception instanceof KeyManagementError) return callProblem(exception);
  if (exception instanceof HttpException) return new ApiProblem(exception.getStatus(), wordsOf(exception));
  const status = statusOf(exception);
  return status === undefined
    ? new ApiProblem(500, 'Something went wrong on our side. The log says more.')
    : new ApiProblem(status, STATUS_CODES[status] ?? 'The request was refused.');
}

/** `maxRetries: must be 0 or more.` → `max_retries` and the rest. */
function fieldOf(text: string): { field: string; problem: string } {
  const colon = text.indexOf(': ');
  const field = text.slice(0, colon).replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { field, problem: text.slice(colon + 2).replace(/\.$/, '') };
}

function wordsOf(exception: HttpException): string {
  const { message } = exception;
  const status = exception.getStatus();
  return ECHOES.find(([pattern, of]) => of === status && pattern.test(message))?.[2] ?? message;
}

/** The refusals of body parsers carry their status (413 for too large a body). */
function statusOf(exception: unknown): number | undefined {
  if (typeof exception !== 'object' || exception === null || !('statusCode' in exception)) return undefined;
  const { statusCode } = exception;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
