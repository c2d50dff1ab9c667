import { once } from 'node:events';
import { startTsChild, type TsChild } from '../support/start-ts-child';

export interface FirebaseServerProcess {
  readonly child: TsChild['process'];
  readonly port: number;
  url(namespace?: string): string;
  /** Ends it, by default as a crash does, and resolves when it is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts the server in a child process; with a `dataFile`, a later one on the same port continues with its data. */
export async function startFirebaseServerProcess(
  options: { port?: number; dataFile?: string } = {},
): Promise<FirebaseServerProcess> {
  const args = [String(options.port ?? 0), options.dataFile ?? ''];
  const { process: child, lines, ended } = startTsChild('test/firebase-server/main.ts', args);
  const failed = ended.then(({ stderr }) => [stderr]);
  const [line] = (await Promise.race([once(lines, 'line'), failed])) as [unknown];
  const port = Number(/^listening (\d+)$/.exec(String(line))?.[1]);
  if (!port) throw new Error(`The Firebase server's process did not start: ${String(line)}`);
  return {
    child,
    port,
    url: (namespace = 'test') => `http://localhost:${port}?ns=${namespace}`,
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await ended;
    },
  };
}
