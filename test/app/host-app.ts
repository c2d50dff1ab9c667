import { startTsChild, type TsChild } from '../support/start-ts-child';

export interface HostApp extends TsChild {
  url: string;
  output: string[];
}

/** The host app, as `npm start` runs it, in a process of its own on a free port. */
export async function startHostApp(env: NodeJS.ProcessEnv = {}): Promise<HostApp> {
  const child = startTsChild('src/main.ts', [], { KEY_STORE: 'memory', PORT: '0', NO_COLOR: '1', ...env });
  const output: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.lines.on('line', (line) => {
      output.push(line);
      const listening = /Listening on (\S+)/.exec(line);
      if (listening) resolve(listening[1]!.replace('localhost', '127.0.0.1'));
    });
    child.process.once('exit', () => {
      reject(new Error(`The app did not start:\n${output.join('\n')}`));
    });
  });
  return { ...child, url, output };
}
