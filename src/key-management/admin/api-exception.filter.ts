import { STATUS_CODES } from 'node:http';
import { Catch, HttpException, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { redactText } from '../classification/redaction/redact';
import { ApiProblem } from './api-problem';
import { problemOf } from './problem-of';
import { isAnswered } from './routes/own-answer';

const MOST_STACK_LINES = 50;

/**
 * Answers every failure as `{ statusCode, error, message, problems?, code? }`, and repeats nothing of what the client sent, which may be
 * a key in the wrong place. Scoped to the module's own controllers. An app may use it globally too: then a failed call that a
 * controller throws (`throw result.error`) is answered with 429, 503 or 504 and `Retry-After`, and a URL or body that no controller
 * could read in the same way.
 */
@Catch()
@Injectable()
export class KeyManagementExceptionFilter implements ExceptionFilter {
  readonly #logger = new Logger('KeyManagement');

  constructor(private readonly adapters: HttpAdapterHost) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    // Microservices and GraphQL answer in ways of their own.
    if (host.getType<string>() !== 'http') throw exception;
    const { httpAdapter } = this.adapters;
    const response = host.switchToHttp().getResponse<object>();
    if (isAnswered(response)) return;
    if (httpAdapter.isHeadersSent(response)) {
      // An answer that has begun can only be cut off.
      httpAdapter.end(response);
      return;
    }
    if (exception instanceof HttpException && isForeign(exception)) {
      httpAdapter.reply(response, exception.getResponse(), exception.getStatus());
      return;
    }
    const problem = problemOf(exception);
    const status = problem.getStatus();
    if (status === 500) this.#logger.error(exception instanceof Error ? stackOf(exception) : 'unknown error');
    // Guards and parsers refuse before the interceptor that says it for answers; a 404 is kept by caches otherwise.
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    for (const [name, value] of Object.entries(problem.headers)) httpAdapter.setHeader(response, name, value);
    const { message, problems, facts } = problem;
    const error = STATUS_CODES[status] ?? 'Error';
    httpAdapter.reply(
      response,
      { statusCode: status, error, message, ...(problems && { problems }), ...facts },
      status,
    );
  }
}

/** The place of an error, and its message as one line: it may repeat what others wrote, and a vendor that, and that a key. */
function stackOf({ name, message, stack = '' }: Error): string {
  const frames = stack.split('\n', MOST_STACK_LINES).filter((line) => line.startsWith('    at '));
  return [redactText(`${name}: ${message}`), ...frames.map((frame) => `    ${redactText(frame)}`)].join('\n');
}

/** A body of the app's own making, as Terminus answers with: left as it is. */
function isForeign(exception: HttpException): boolean {
  const body = exception.getResponse();
  return (
    !(exception instanceof ApiProblem) && typeof body === 'object' && typeof Reflect.get(body, 'message') !== 'string'
  );
}
