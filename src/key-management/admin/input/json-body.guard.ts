import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { ApiRequest } from '../access/api-request';
import { ApiProblem } from '../api-problem';

/**
 * Bodies are JSON and say so. Express leaves another body unread, so that the request would do what it does without one; and a form is
 * what a page of another site can send on behalf of whom it shows itself to.
 */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method, headers } = context.switchToHttp().getRequest<ApiRequest>();
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (!hasBody || method === 'GET' || method === 'HEAD') return true;
    if (/^application\/json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return true;
    throw new ApiProblem(415, 'Send the body as JSON, with "Content-Type: application/json".');
  }
}
