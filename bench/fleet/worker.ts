import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

interface Message {
  readonly kind: string;
}

/** A process that is told what to do, and answers. */
export class Worker<Command extends object, Told extends Message> {
  readonly #child: ChildProcess;

  /** @param file In this folder, without its ending. */
  constructor(file: string, args: readonly string[]) {
    this.#child = fork(join(__dirname, `${file}.js`), [...args]);
  }

  tell(command: Command): void {
    this.#child.send(command);
  }

  /** The next message of that kind. */
  async hear<K extends Told['kind']>(kind: K): Promise<Extract<Told, { kind: K }>> {
    for (;;) {
      const ended = once(this.#child, 'exit').then(() => undefined);
      const heard = (await Promise.race([once(this.#child, 'message'), ended])) as [Told] | undefined;
      if (!heard) throw new Error(`a process of the fleet ended before it said “${kind}”`);
      if (heard[0].kind === kind) return heard[0] as Extract<Told, { kind: K }>;
    }
  }

  ask<K extends Told['kind']>(command: Command, kind: K): Promise<Extract<Told, { kind: K }>> {
    const heard = this.hear(kind);
    this.tell(command);
    return heard;
  }

  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
