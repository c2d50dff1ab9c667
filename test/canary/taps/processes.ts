import childProcess, { ChildProcess } from 'node:child_process';
import { Readable } from 'node:stream';
import { dataOf, recorder } from './taps';

/** Environment variables that hold secrets. */
const SECRET_SETTINGS = /^(?:\w+_API_KEYS?|ADMIN_TOKEN|VIEWER_TOKEN|KEY_ENCRYPTION_SECRET(?:_PREVIOUS)?)$/;

type Spawn = (this: ChildProcess, options: { envPairs?: string[] }) => unknown;

/** Taps what this process and its child processes print. */
export function tapProcesses(): void {
  for (const stream of [process.stdout, process.stderr])
    tapOutput(stream, stream === process.stdout ? 'stdout' : 'stderr');
  tapWaited();
  const prototype = ChildProcess.prototype as unknown as { spawn: Spawn };
  const { spawn } = prototype;
  prototype.spawn = function (options) {
    for (const pair of options.envPairs ?? []) secretsIn(pair);
    const result = spawn.call(this, options);
    tapInput(this.stdout, "children's stdout");
    tapInput(this.stderr, "children's stderr");
    return result;
  };
}

const AT_ONCE = ['spawnSync', 'execFileSync', 'execSync'] as const;

/** Taps the output of child processes that are run synchronously. */
function tapWaited(): void {
  for (const name of AT_ONCE) {
    const run = childProcess[name] as (...args: unknown[]) => unknown;
    const waited = (...args: unknown[]): unknown => {
      const result = run(...args);
      const { stdout = result, stderr } = (result ?? {}) as { stdout?: unknown; stderr?: unknown };
      for (const each of [stdout, stderr]) {
        const data = dataOf(each, 'utf8');
        if (data) recorder()?.output('children that are waited for', data);
      }
      return result;
    };
    Reflect.set(childProcess, name, waited);
  }
}

export function tapOutput(stream: NodeJS.WriteStream, channel: string): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (chunk: unknown, ...rest: unknown[]) => {
    const data = dataOf(chunk, rest[0]);
    if (data) recorder()?.output(channel, data, stream);
    return write(chunk, ...rest);
  };
}

/** Inspects incoming data and leaves it for the reader of the stream. */
function tapInput(stream: Readable | null, channel: string): void {
  if (!(stream instanceof Readable)) return;
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding) => {
    const data = dataOf(chunk, encoding);
    if (data) recorder()?.output(channel, data, stream);
    return push(chunk, encoding);
  };
}

function secretsIn(pair: string): void {
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  if (SECRET_SETTINGS.test(name)) for (const each of value.split(',')) recorder()?.secret(each.trim());
}
