import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { KeyManagementError } from '../../src/key-management';

interface Refusal {
  status: number;
  error: string;
}

/** Turns a failed call into an HTTP answer. The text of the error is for the log, because it names keys and vendors. */
@Catch(KeyManagementError)
export class CallErrorFilter implements ExceptionFilter<KeyManagementError> {
  catch(error: KeyManagementError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.destroyed) return;
    const { status, error: text } = refusalFor(error);
    if (error.retryAfterMs !== undefined && (status === 503 || status === 504)) {
      response.setHeader('Retry-After', Math.max(1, Math.ceil(error.retryAfterMs / 1_000)));
    }
    response.status(status).json({ error: text, metadata: { attempts: error.attempts.length } });
  }
}

function refusalFor({ code, attempts }: KeyManagementError): Refusal {
  const last = attempts.at(-1);
  switch (code) {
    case 'NO_HEALTHY_KEYS':
      return { status: 503, error: 'No API key is free right now.' };
    case 'CALL_REJECTED':
      // The caller's fault, in the vendor's words: for example a message that is too long.
      return isCallersFault(last?.status)
        ? { status: last!.status!, error: last!.reason ?? 'The vendor rejected the request.' }
        : { status: 502, error: 'The vendor refused the request.' };
    case 'DEADLINE_EXCEEDED':
      return { status: 504, error: 'The answer took too long.' };
    case 'ATTEMPTS_EXHAUSTED':
      if (last?.outcome === 'timeout') return { status: 504, error: 'The answer took too long.' };
      if (last?.outcome === 'rate_limited') return { status: 503, error: 'All API keys are busy right now.' };
      return { status: 502, error: 'The vendor cannot answer right now.' };
    default:
      return { status: 500, error: 'The request could not be served.' };
  }
}

const isCallersFault = (status: number | undefined): boolean =>
  status !== undefined && status >= 400 && status < 500 && status !== 401 && status !== 403;
