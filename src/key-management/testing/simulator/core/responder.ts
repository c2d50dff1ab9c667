import type { ServerResponse } from 'node:http';
import type { Answer, Call, Headers } from './call';
import { pour } from './flood';
import { malform } from './malform';
import type { OpenAnswer } from './open-answer';
import type { Plan } from './plan';
import type { VendorProfile } from './profile';
import { say } from './said';
import { StreamWriter } from './stream-writer';
import type { SetTimer } from './timers';

/** Carries out the plan of one call on its HTTP response. */
export class Responder implements OpenAnswer {
  #closed = false;
  #cancelTimer: (() => void) | undefined;
  /** Whether we tore the connection down ourselves, so that the client is not taken for having left. */
  tornDown = false;

  constructor(
    readonly response: ServerResponse,
    private readonly profile: VendorProfile,
    private readonly requestId: string,
    private readonly setTimer: SetTimer,
    private readonly onStatus: (status: number) => void,
    readonly onFlooded: (bytes: number) => void,
  ) {}

  onClose(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  carryOut(plan: Plan, call: Call | undefined): void {
    if (plan.latencyMs > 0) this.#after(plan.latencyMs, () => this.#reply(plan, call));
    else this.#reply(plan, call);
  }

  #after(ms: number, then: () => void): void {
    this.#cancelTimer = this.setTimer(() => {
      if (!this.#closed) then();
    }, ms);
  }

  #reply(plan: Plan, call: Call | undefined): void {
    switch (plan.reply.kind) {
      case 'hang':
        return;
      case 'reset':
        this.tearDown('reset');
        return;
      case 'flood':
        void pour(plan.reply.flood, this);
        return;
      case 'raw':
        this.#sendRaw(plan.reply.bytes, plan.reply.then);
        return;
      case 'answer':
        this.#send(plan.reply.answer);
        return;
      case 'success':
        this.#succeed(plan, call as Call);
    }
  }

  #succeed(plan: Plan, call: Call): void {
    const said = say(call, this.profile.name, plan.text, this.profile.outputCap(call));
    const headers = { ...this.profile.successHeaders(call.requestId), ...plan.headers };
    if (plan.malformed !== undefined) {
      const { as, bytes } = plan.malformed;
      this.#send(malform(this.profile.success(call, said), as, bytes), headers);
    } else if (call.stream) {
      const script = this.profile.stream(call, said);
      this.writeHead(200, { ...this.profile.streamHeaders(call), ...headers });
      new StreamWriter(this.response, script, plan, this).run();
    } else if (plan.ending.kind === 'complete' || plan.ending.kind === 'error') {
      this.#send(this.profile.success(call, said), headers);
    } else {
      this.#sendHalf(this.profile.success(call, said), headers, plan);
    }
  }

  writeHead(status: number, headers: Headers): void {
    this.onStatus(status);
    this.response.writeHead(status, { ...this.profile.everyHeader(this.requestId), ...headers });
  }

  #send(answer: Answer, extra?: Headers): void {
    const length = String(Buffer.byteLength(answer.body));
    this.writeHead(answer.status, { ...extra, ...answer.headers, 'content-length': length });
    this.response.end(answer.body);
  }

  #sendHalf(answer: Answer, extra: Headers, plan: Plan): void {
    const headers = { ...extra, ...answer.headers };
    if (plan.ending.kind === 'cut' && plan.ending.how === 'end') {
      this.#send({ ...answer, body: answer.body.slice(0, answer.body.length / 2) }, extra);
      return;
    }
    this.writeHead(answer.status, { ...headers, 'content-length': String(Buffer.byteLength(answer.body)) });
    const half = answer.body.slice(0, answer.body.length / 2);
    this.response.write(half, () => {
      if (plan.ending.kind === 'cut') this.tearDown(plan.ending.how);
    });
  }

  #sendRaw(bytes: string, then: 'end' | 'reset' | 'keep'): void {
    const { socket } = this.response;
    this.tornDown = then !== 'keep';
    // A request behind one that was answered so has no connection any more.
    if (socket === null) return void this.response.destroy();
    socket.write(bytes, 'latin1', () => {
      if (then === 'end') socket.destroySoon();
      else if (then === 'reset') socket.resetAndDestroy();
    });
  }

  pause(ms: number, then: () => void): void {
    this.#after(ms, then);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  tearDown(how: 'destroy' | 'reset' | 'end'): void {
    this.tornDown = true;
    const { socket } = this.response;
    if (how === 'end') this.response.end();
    else if (how === 'reset') socket?.resetAndDestroy();
    else socket?.destroy();
  }
}
