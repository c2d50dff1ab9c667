import type { MalformedKind } from '../behaviour';
import type { Answer } from './call';

/** A 200 that is no good answer. */
export function malform(answer: Answer, as: MalformedKind, bytes: number): Answer {
  switch (as) {
    case 'invalid_json':
      return { ...answer, body: `{"oops": undefined, ${answer.body.slice(1)}` };
    case 'truncated':
      return { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length / 2)) };
    case 'empty':
      return { ...answer, body: '' };
    case 'wrong_content_type':
      return { ...answer, headers: { ...answer.headers, 'content-type': 'text/html; charset=utf-8' } };
    case 'giant':
      return { ...answer, body: `{"padding":"${'x'.repeat(bytes)}",${answer.body.slice(1)}` };
  }
}
