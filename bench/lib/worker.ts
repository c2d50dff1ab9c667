import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

interface Message {
  readonly kind: string;
}

/** A process that is told what to do, and answers. */
export class Worker<Command extends object, Told extends Message> {
  constructor(private readonly child: ChildProcess) {}

  tell(command: Command): void {
    this.child.send(command);
  }

  /** Calls back with every message. */
  listen(listener: (told: Told) => void): void {
    this.child.on('message', (told) => listener(told as Told));
  }

  /** The next message of that kind. */
  hear<K extends Told['kind']>(kind: K): Promise<Extract<Told, { kind: K }>> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.child.off('message', heard);
        this.child.off('exit', ended);
      };
      const heard = (told: unknown): void => {
        if ((told as Told).kind !== kind) return;
        done();
        resolve(told as Extract<Told, { kind: K }>);
      };
      const ended = (): void => {
        done();
        reject(new Error(`a process of the fleet ended before it said “${kind}”`));
      };
      this.child.on('message', heard);
      this.child.on('exit', ended);
    });
  }

  ask<K extends Told['kind']>(command: Command, kind: K): Promise<Extract<Told, { kind: K }>> {
    const heard = this.hear(kind);
    this.tell(command);
    return heard;
  }

  async ended(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
