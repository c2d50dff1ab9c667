import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Command, Told } from './messages';

export type Heard = Extract<Told, { kind: 'heard' }>;

/** Instances of an app on one store, each a process. */
export class Fleet {
  /** Called for every removal that a member receives. */
  onHeard: (heard: Heard, member: number) => void = () => undefined;

  private constructor(private readonly members: readonly ChildProcess[]) {
    members.forEach((member, at) =>
      member.on('message', (told: Told) => {
        if (told.kind === 'heard') this.onHeard(told, at);
      }),
    );
  }

  static async start(url: string, size: number, keys: number): Promise<Fleet> {
    const members: ChildProcess[] = [];
    for (let n = 0; n < size; n += 1) {
      const member = fork(join(__dirname, 'member.js'), [url, String(keys)]);
      members.push(member);
      await answer(member, 'ready');
    }
    return new Fleet(members);
  }

  get size(): number {
    return this.members.length;
  }

  /** Lets all instances make calls at the same time. */
  call(ms: number, perSecond: number): Promise<Extract<Told, { kind: 'called' }>[]> {
    return Promise.all(
      this.members.map((member) => {
        const called = answer(member, 'called');
        order(member, { do: 'call', ms, perSecond });
        return called;
      }),
    );
  }

  remove(member: number): Promise<Extract<Told, { kind: 'removed' }>> {
    const removed = answer(this.members[member]!, 'removed');
    order(this.members[member]!, { do: 'remove' });
    return removed;
  }

  async close(): Promise<void> {
    await Promise.all(
      this.members.map(async (member) => {
        const exited = once(member, 'exit');
        order(member, { do: 'close' });
        await exited;
      }),
    );
  }
}

const order = (member: ChildProcess, command: Command): void => void member.send(command);

function answer<K extends Told['kind']>(member: ChildProcess, kind: K): Promise<Extract<Told, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      member.off('message', heard);
      member.off('exit', ended);
    };
    const heard = (told: Told): void => {
      if (told.kind !== kind) return;
      done();
      resolve(told as Extract<Told, { kind: K }>);
    };
    const ended = (): void => {
      done();
      reject(new Error('a member of the cluster ended'));
    };
    member.on('message', heard);
    member.on('exit', ended);
  });
}
