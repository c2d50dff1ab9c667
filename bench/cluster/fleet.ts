import { fork } from 'node:child_process';
import { join } from 'node:path';
import { Worker } from '../lib/worker';
import type { Calling, Command, Counts, Told } from './messages';

export type Heard = Extract<Told, { kind: 'heard' }>;
type Of<K extends Told['kind']> = Extract<Told, { kind: K }>;

interface Member {
  readonly worker: Worker<Command, Told>;
  /** The number of its first instance. */
  readonly first: number;
}

/** How many instances, and in how many processes. */
export interface FleetSize {
  readonly instances: number;
  readonly processes: number;
}

/** Instances of an app on one store: apps of their own, with connections of their own, in one or several processes. */
export class Fleet {
  /** Called when all instances of a process have received a removal. */
  onHeard: (heard: Heard) => void = () => undefined;

  private constructor(
    private readonly members: readonly Member[],
    private readonly size: FleetSize,
  ) {
    for (const { worker } of members) {
      worker.listen((told) => {
        if (told.kind === 'heard') this.onHeard(told);
      });
    }
  }

  /** The first process begins alone: what it writes of the keys the others find. */
  static async start(url: string, size: FleetSize, keys: number, shards = 1): Promise<Fleet> {
    const { instances: all, processes } = size;
    const start = (n: number): Promise<Member> => {
      const first = Math.floor((all * n) / processes);
      const instances = Math.floor((all * (n + 1)) / processes) - first;
      return started({ url, keys, first, instances, shards });
    };
    const members = [await start(0)];
    members.push(...(await Promise.all(Array.from({ length: processes - 1 }, (_, n) => start(n + 1)))));
    return new Fleet(members, size);
  }

  get instances(): number {
    return this.size.instances;
  }

  /** Lets all instances make calls at the same time. Resolves with their number, and with milliseconds of processor time. */
  async call(calling: Calling): Promise<{ calls: number; cpuMs: number }> {
    const all = this.instances;
    const called = await Promise.all(
      this.members.map(({ worker, first }) => worker.ask({ do: 'call', first, all, ...calling }, 'called')),
    );
    const sum = (of: (told: Of<'called'>) => number): number => called.reduce((total, told) => total + of(told), 0);
    return { calls: sum(({ calls }) => calls), cpuMs: sum(({ cpuMs }) => cpuMs) };
  }

  /** Lets one instance remove a key. */
  remove(instance: number): Promise<Of<'removed'>> {
    const { worker, first } = this.members.findLast((member) => member.first <= instance)!;
    return worker.ask({ do: 'remove', instance: instance - first }, 'removed');
  }

  /** How many instances the processes have at the most. */
  get mostPerProcess(): number {
    const { instances, processes } = this.size;
    return Math.ceil(instances / processes);
  }

  /** What one instance of each process tells of the calls of all. @param instance Its number in the process. */
  async look(instance: number): Promise<Counts[]> {
    const looked = await Promise.all(this.members.map(({ worker }) => worker.ask({ do: 'look', instance }, 'looked')));
    return looked.flatMap(({ counts }) => counts);
  }

  async close(): Promise<void> {
    for (const { worker } of this.members) worker.tell({ do: 'close' });
    await Promise.all(this.members.map(({ worker }) => worker.ended()));
  }
}

interface Start {
  readonly url: string;
  readonly keys: number;
  readonly first: number;
  readonly instances: number;
  readonly shards: number;
}

async function started({ url, keys, first, instances, shards }: Start): Promise<Member> {
  const args = [url, String(keys), String(instances), String(shards)];
  const worker = new Worker<Command, Told>(fork(join(__dirname, 'member.js'), args));
  await worker.hear('ready');
  return { worker, first };
}
