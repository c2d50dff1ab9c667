import type { ServerResponse } from 'node:http';
import type { StreamPoint } from '../behaviour';
import type { StreamScript } from './call';
import type { Plan } from './plan';
import type { OpenAnswer } from './open-answer';

/** Writes one event stream, at the scripted pace and up to the scripted end. */
export class StreamWriter {
  readonly #parts: readonly string[];

  constructor(
    private readonly response: ServerResponse,
    private readonly script: StreamScript,
    private readonly plan: Plan,
    private readonly responder: OpenAnswer,
  ) {
    this.#parts = this.#partsBeforeEnding();
  }

  run(): void {
    const { plan } = this;
    if (plan.ending.kind === 'complete' && plan.firstChunkMs === 0 && plan.betweenChunksMs === 0) {
      this.response.end(this.#parts.join(''));
      return;
    }
    this.response.flushHeaders();
    if (plan.firstChunkMs > 0) this.responder.pause(plan.firstChunkMs, () => this.#write(0));
    else this.#write(0);
  }

  #partsBeforeEnding(): string[] {
    const { head, deltas, tail } = this.script;
    const { ending } = this.plan;
    if (ending.kind === 'complete') return [...head, ...deltas, ...tail];
    const point: StreamPoint = ending.after;
    if (point === 'headers') return [];
    return [...head, ...deltas.slice(0, point === 'before_content' ? 0 : point)];
  }

  /** One part at a time, each after the one before has left: a cut must not take written content with it. */
  #write(index: number): void {
    if (this.responder.isClosed) return;
    const part = this.#parts[index];
    if (part === undefined) {
      this.#finish();
      return;
    }
    this.response.write(part, (error) => {
      if (error || this.responder.isClosed) return;
      const { betweenChunksMs } = this.plan;
      if (betweenChunksMs > 0 && index + 1 < this.#parts.length) {
        this.responder.pause(betweenChunksMs, () => this.#write(index + 1));
      } else {
        this.#write(index + 1);
      }
    });
  }

  #finish(): void {
    const { ending } = this.plan;
    switch (ending.kind) {
      case 'complete':
        this.response.end();
        return;
      case 'error':
        this.response.end(ending.sse);
        return;
      case 'stall':
        return;
      case 'cut':
        this.#cut(ending.how);
    }
  }

  #cut(how: 'destroy' | 'reset' | 'end'): void {
    // With no part written the headers may still be on their way; a turn of the loop lets them out.
    setImmediate(() => this.responder.tearDown(how));
  }
}
