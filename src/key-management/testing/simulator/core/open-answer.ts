import type { ServerResponse } from 'node:http';
import type { Headers } from './call';

/** An answer under way, for those who write its body. */
export interface OpenAnswer {
  readonly response: ServerResponse;
  /** The client left, or the answer is over. */
  readonly isClosed: boolean;
  writeHead(status: number, headers: Headers): void;
  pause(ms: number, then: () => void): void;
  tearDown(how: 'destroy' | 'reset' | 'end'): void;
  /** What a flood sent, bytes before encoding. */
  onFlooded(bytes: number): void;
}
