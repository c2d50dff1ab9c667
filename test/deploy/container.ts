import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { textOf } from './deploy-files';

const ROOT = resolve(__dirname, '../..');
export const UID = 1_000;

/** The lines of the Dockerfile's first stage that run, with the values of its arguments. */
function buildSteps(): string[] {
  const [, first] = textOf('Dockerfile').split(/^FROM /m);
  const values = new Map([...first!.matchAll(/^ARG (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
  return [...first!.matchAll(/^RUN (.+)$/gm)].map(([, step]) =>
    step!.replaceAll(/\$\{(\w+)\}/g, (_whole, name: string) => values.get(name)!),
  );
}

/** What .dockerignore lets through. */
const contextPaths = (): string[] => [...textOf('.dockerignore').matchAll(/^!(.+)$/gm)].map(([, path]) => path!);

/**
 * Does what the Dockerfile does, without an image: runs its steps in a folder, and copies what its second stage takes. `npm ci` is left
 * out: the packages of the repository, which came by it, are copied. @returns the folder that is `/app` in the image
 */
export function buildApp(): { app: string; remove: () => void } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'akm-container-')));
  const [build, app] = [join(folder, 'build'), join(folder, 'app')];
  mkdirSync(build);
  mkdirSync(join(app, 'data'), { recursive: true });
  for (const path of contextPaths()) cpSync(join(ROOT, path), join(build, path), { recursive: true });
  const modules = join(ROOT, 'node_modules');
  // No links: npm writes into files of it.
  execFileSync('cp', ['-a', '--reflink=auto', modules, build]);
  const [install, ...steps] = buildSteps();
  if (!install?.startsWith('npm ci ')) throw new Error('The first step of the Dockerfile is not npm ci.');
  // Nothing is fetched after `npm ci`.
  const env = { ...process.env, npm_config_offline: 'true' };
  for (const step of steps)
    execFileSync('sh', ['-c', step], { cwd: build, env, stdio: ['ignore', 'ignore', 'inherit'] });
  for (const [, from, to] of textOf('Dockerfile').matchAll(/^COPY --from=build \/app\/(\S+) \.\/(\S*)$/gm))
    execFileSync('cp', ['-a', join(build, from!), join(app, to!)]);
  chownSync(join(app, 'data'), UID, UID);
  for (const readable of [folder, app]) execFileSync('chmod', ['755', readable]);
  return { app, remove: () => rmSync(folder, { recursive: true }) };
}

/**
 * Runs a command as a container would: as process 1 of its own, as a user without rights, and on file systems that are read-only but for
 * the folder `data`. It shares the network.
 */
export function runContained(app: string, command: readonly string[], env: Record<string, string>): ChildProcess {
  const data = join(app, 'data');
  // What is mounted from here on concerns this process alone.
  const mounts = [
    `mount --bind '${app}' '${app}'`,
    `mount --bind '${data}' '${data}'`,
    `mount -o remount,bind,ro '${app}'`,
    'mount -o remount,bind,ro /',
  ];
  const drop = `exec setpriv --reuid=${UID} --regid=${UID} --clear-groups --bounding-set=-all --no-new-privs`;
  const script = [...mounts, `cd '${app}'`, `${drop} "$@"`].join(' && ');
  const namespaces = ['--mount', '--pid', '--fork', '--mount-proc', '--kill-child'];
  return spawn('unshare', [...namespaces, 'sh', '-c', script, 'sh', ...command], {
    env: { PATH: process.env.PATH!, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The process that is 1 inside, by its number outside. */
export const innerProcess = ({ pid }: ChildProcess): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
