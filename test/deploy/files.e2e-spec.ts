import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { INestApplication } from '@nestjs/common';
import packageJson from '../../package.json';
import { portFrom } from '../../src/app-setup';
import { KeyManagementModule } from '../../src/key-management';
import { optionsFromEnvironment } from '../../src/key-management/configuration/environment';
import { resolveOptions } from '../../src/key-management/configuration/resolve-options';
import { secret } from '../canary/canary';
import {
  command,
  healthCommand,
  imageEnvironment,
  instructions,
  manifestsOf,
  textOf,
  yamlOf,
  type Yaml,
} from './deploy-files';

const compose = yamlOf('compose.yaml');
const prometheus = yamlOf('deploy/compose/prometheus.yml');
const kubernetes = manifestsOf('deploy/kubernetes/app.yaml');
const networkPolicy = manifestsOf('deploy/kubernetes/network-policy.yaml').get('NetworkPolicy');
const serviceMonitor = manifestsOf('deploy/kubernetes/service-monitor.yaml').get('ServiceMonitor');
const deployment = kubernetes.get('Deployment').spec;
const pod = deployment.template.spec;
const [container] = pod.containers;
const promtool = spawnSync('promtool', ['--version']).status === 0;
if (!promtool) console.warn('promtool is not installed (apt-get install prometheus), so its check is skipped.');

const PORT = portFrom({});
const hostSources = readdirSync('src')
  .filter((name) => name.endsWith('.ts'))
  .map((name) => textOf(join('src', name)));
const TOKEN = secret('viewer-token-of-the-deploy-tests-01');
/** What the files leave to secrets and to `.env`. */
const GIVEN: Record<string, string> = {
  ADMIN_TOKEN: secret('admin-token-of-the-deploy-tests-001'),
  VIEWER_TOKEN: TOKEN,
  KEY_ENCRYPTION_SECRET: secret('encryption-secret-of-the-deploy-01'),
  REDIS_URL: 'redis://redis:6379',
};

/** Whether the package or the host app reads a variable. */
const isRead = (name: string): boolean =>
  [...optionsFromEnvironment({ [name]: '1' }).names.values()].includes(name) ||
  hostSources.some((source) => new RegExp(`\\b${name}\\b`).test(source)) ||
  name === 'NODE_ENV';

const composeEnvironment: Record<string, string> = Object.fromEntries(
  Object.entries<string>(compose.services.app.environment).map(([name, value]) => [
    name,
    value.startsWith('${') ? (GIVEN[name] ?? '') : value,
  ]),
);
const podEnvironment: Record<string, string> = Object.fromEntries(
  container.env.map(({ name, value }: { name: string; value?: string }) => [name, value ?? GIVEN[name]]),
);
const seconds = (text: string): number => Number(/^(\d+)s$/.exec(text)![1]);

describe('Dockerfile', () => {
  it('starts the app itself, as a user without rights, in whose image stands no secret', () => {
    expect(command()).toEqual(['node', 'dist/main.js']);
    expect(instructions('USER')).toEqual(['1000:1000']);
    const set = [...instructions('ENV', 'all'), ...instructions('ARG', 'all')].join(' ');
    expect(set.match(/\w*(?:TOKEN|SECRET|PASSWORD|API_KEY)\w*/g)).toBeNull();
  });

  it('sets what the app reads, and exposes and checks its port', () => {
    const environment = imageEnvironment();
    expect(Object.keys(environment).filter((name) => !isRead(name))).toEqual([]);
    expect(portFrom(environment)).toBe(PORT);
    expect(instructions('EXPOSE')).toEqual([String(PORT)]);
    expect(instructions('VOLUME')).toEqual([environment.KEY_STORE_PATH]);
    expect(healthCommand()[0]).toBe('node');
  });

  it('runs on a version of Node that the package supports', () => {
    const [, major, minor] = /^NODE=(\d+)\.(\d+)\.\d+-/.exec(instructions('ARG', 'all')[0]!)!.map(Number);
    const least = packageJson.engines.node
      .split(' || ')
      .map((range) => range.replace(/^\D+/, '').split('.').map(Number));
    expect(least.some(([from, fromMinor]) => major! > from! || (major === from && minor! >= fromMinor!))).toBe(true);
  });

  it('takes along the packages that the host app imports', () => {
    const tool = textOf('tools/host-app-packages.mjs');
    const imported = hostSources.flatMap((source) =>
      [...source.matchAll(/(?:from|import) '((?:@[\w-]+\/)?[\w-]+)'/g)].map(([, name]) => name!),
    );
    expect(imported.length).toBeGreaterThan(5);
    for (const name of new Set(imported)) expect([name, tool.includes(`'${name}'`)]).toEqual([name, true]);
    // What Nest loads by name, and the driver of the store that compose.yaml and the manifests choose.
    for (const name of ['@nestjs/platform-express', '@nestjs/swagger', '@nestjs/terminus'])
      expect(tool).toContain(name);
    expect(instructions('ARG', 'all')).toContain('DRIVERS=ioredis');
  });

  it('sees of the repository what the build reads, and nothing that may hold a secret', () => {
    const lines = textOf('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines[0]).toBe('*');
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    for (const path of allowed) expect([path, existsSync(path)]).toEqual([path, true]);
    expect(allowed.filter((path) => /^\.|data|env/.test(path))).toEqual([]);
  });
});

describe.each([
  ['compose.yaml', composeEnvironment],
  ['deploy/kubernetes/app.yaml', podEnvironment],
])('%s', (_file, environment) => {
  it('sets variables that the app reads, to values that it accepts', () => {
    expect(Object.keys(environment).filter((name) => !isRead(name))).toEqual([]);
    const options = resolveOptions({}, environment);
    expect(options.store).toMatchObject({ kind: 'redis' });
    expect(options).toMatchObject({ drainTimeoutMs: Number(environment.DRAIN_TIMEOUT_MS) });
    expect(portFrom(environment)).toBe(PORT);
  });
});

describe('compose.yaml', () => {
  it('opens ports on this machine only, and the ones that the containers listen on', () => {
    const ports = Object.entries<Yaml>(compose.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port: string) => [name, ...port.split(':')]),
    );
    expect(ports).toEqual([
      ['app', '127.0.0.1', String(PORT), String(PORT)],
      ['prometheus', '127.0.0.1', '9090', '9090'],
      ['grafana', '127.0.0.1', '3001', '3000'],
    ]);
  });

  it('pins every image to a version, and checks the health of every service', () => {
    for (const [name, { image, build, healthcheck }] of Object.entries<Yaml>(compose.services)) {
      if (build === undefined) expect([name, image]).toEqual([name, expect.stringMatching(/:v?\d+\.\d+\.\d+/)]);
      // The app's stands in its image.
      expect([name, build !== undefined || healthcheck.test.length > 1]).toEqual([name, true]);
    }
  });

  it('waits longer for the app to end than the app waits for its requests and calls', () => {
    const { stop_grace_period: grace } = compose.services.app;
    expect(seconds(grace) * 1_000).toBeGreaterThanOrEqual(2 * Number(composeEnvironment.DRAIN_TIMEOUT_MS) + 5_000);
  });

  it('mounts files that exist, to where they are looked for', () => {
    const mounts = new Map<string, string>();
    for (const { volumes = [] } of Object.values<Yaml>(compose.services))
      for (const volume of volumes as string[]) {
        const [from, to, mode] = volume.split(':');
        if (!from!.startsWith('.')) {
          expect(Object.keys(compose.volumes)).toContain(from);
          continue;
        }
        expect([from, existsSync(from!), mode]).toEqual([from, true, 'ro']);
        mounts.set(to!, from!);
      }
    expect(prometheus.rule_files.map((name: string) => mounts.get(`/etc/prometheus/${name}`))).toEqual([
      './examples/monitoring/alerts.yml',
    ]);
    const [boards] = yamlOf('deploy/compose/grafana/dashboards/ai-keys.yml').providers;
    expect(mounts.get(join(boards.options.path, 'ai-keys.json'))).toBe('./examples/monitoring/grafana-dashboard.json');
    expect(mounts.get('/etc/grafana/provisioning')).toBe('./deploy/compose/grafana');
  });

  it('lets Prometheus find the app and its token, and Grafana find Prometheus', () => {
    const [job] = prometheus.scrape_configs;
    expect(job.static_configs).toEqual([{ targets: [`app:${PORT}`] }]);
    const { secrets } = compose.services.prometheus;
    expect(secrets.map((name: string) => [compose.secrets[name].environment, `/run/secrets/${name}`])).toEqual([
      ['VIEWER_TOKEN', job.authorization.credentials_file],
    ]);
    const [source] = yamlOf('deploy/compose/grafana/datasources/prometheus.yml').datasources;
    expect([source.url, source.type]).toEqual(['http://prometheus:9090', 'prometheus']);
  });

  (promtool ? it : it.skip)('has a prometheus.yml that promtool accepts, with the rules', () => {
    const folder = mkdtempSync(join(tmpdir(), 'akm-prometheus-'));
    const token = join(folder, 'token');
    writeFileSync(token, TOKEN);
    const config = join(folder, 'prometheus.yml');
    writeFileSync(config, textOf('deploy/compose/prometheus.yml').replace('/run/secrets/viewer-token', token));
    const rules = 'examples/monitoring/alerts.yml';
    copyFileSync(rules, join(folder, basename(rules)));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'config', config]);
    const count = textOf(rules).match(/^ *- alert:/gm)!.length;
    const said: unknown = expect.stringContaining(`${count} rules found`);
    expect([status, String(stderr), String(stdout)]).toEqual([0, '', said]);
    rmSync(folder, { recursive: true });
  });
});

describe('deploy/kubernetes', () => {
  it('selects the pods of the Deployment everywhere', () => {
    const { labels } = deployment.template.metadata;
    for (const selector of [
      deployment.selector.matchLabels,
      kubernetes.get('Service').spec.selector,
      kubernetes.get('PodDisruptionBudget').spec.selector.matchLabels,
      networkPolicy.spec.podSelector.matchLabels,
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ])
      expect(selector).toEqual(labels);
    expect(kubernetes.get('Service').metadata.labels).toMatchObject(serviceMonitor.spec.selector.matchLabels);
    expect(kubernetes.get('PodDisruptionBudget').spec.minAvailable).toBeLessThan(deployment.replicas);
  });

  it('names one port', () => {
    const [port] = container.ports;
    expect(port).toEqual({ name: 'http', containerPort: PORT });
    expect(kubernetes.get('Service').spec.ports[0].targetPort).toBe(port.name);
    expect(serviceMonitor.spec.endpoints[0].port).toBe(kubernetes.get('Service').spec.ports[0].name);
    expect(networkPolicy.spec.ingress[0].ports).toEqual([{ protocol: 'TCP', port: PORT }]);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      expect(container[probe].httpGet.port).toBe(port.name);
  });

  it('reads keys from directories that secrets are mounted to, whole', () => {
    const files = Object.entries(podEnvironment).filter(([name]) => name.endsWith('_FILE'));
    expect(files.map(([, path]) => path)).toEqual(container.volumeMounts.map((each: Yaml) => each.mountPath));
    expect(container.volumeMounts.filter((each: Yaml) => 'subPath' in each || !each.readOnly)).toEqual([]);
    expect(container.volumeMounts.map((each: Yaml) => each.name)).toEqual(pod.volumes.map((each: Yaml) => each.name));
  });

  it('takes tokens from a secret that the page tells how to make', () => {
    const page = textOf('docs/deploy.md');
    const refs: { name: string; key: string }[] = container.env.flatMap(({ valueFrom }: Yaml) =>
      valueFrom ? [valueFrom.secretKeyRef] : [],
    );
    const { credentials } = serviceMonitor.spec.endpoints[0].authorization;
    expect(refs).toContainEqual(credentials);
    for (const { name, key } of refs) {
      expect(page).toContain(`create secret generic ${name}`);
      expect(page).toContain(`--from-literal=${key}=`);
    }
    for (const { secret: mounted } of pod.volumes) expect(page).toContain(`secret generic ${mounted.secretName}`);
  });

  it('runs as the user of the image, on a root file system that is read-only', () => {
    const { runAsUser, runAsGroup, runAsNonRoot } = pod.securityContext;
    expect([`${runAsUser}:${runAsGroup}`, runAsNonRoot]).toEqual([instructions('USER')[0], true]);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  it('gives the app the time to end that it asks for', () => {
    const [sleep, pause] = container.lifecycle.preStop.exec.command;
    expect(sleep).toBe('sleep');
    const drainSeconds = Number(podEnvironment.DRAIN_TIMEOUT_MS) / 1_000;
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(Number(pause) + 2 * drainSeconds + 5);
  });

  it('is quoted by its page as it is', () => {
    const files = readdirSync('deploy/kubernetes').map((name) => textOf(join('deploy/kubernetes', name)));
    const quotes = [...textOf('docs/deploy.md').matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, quote]) => quote!);
    expect(quotes.length).toBeGreaterThan(1);
    const flat = (text: string): string => text.replaceAll(/^ +/gm, '');
    for (const quote of quotes)
      expect([quote, files.some((file) => flat(file).includes(flat(quote)))]).toEqual([quote, true]);
  });

  it('lists files that exist', () => {
    const { resources } = yamlOf('deploy/kubernetes/kustomization.yaml');
    for (const name of resources) expect([name, existsSync(join('deploy/kubernetes', name))]).toEqual([name, true]);
  });
});

describe('what asks the app', () => {
  let app: INestApplication;
  let url: string;
  beforeAll(async () => {
    const module = KeyManagementModule.forRoot({
      store: { kind: 'memory' },
      adminToken: GIVEN.ADMIN_TOKEN,
      viewerToken: TOKEN,
    });
    app = await NestFactory.create(module, { logger: false });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterAll(() => app.close());

  it('asks routes that answer', async () => {
    const probed = ['startupProbe', 'readinessProbe', 'livenessProbe'].map((probe) => container[probe].httpGet.path);
    for (const path of probed) expect([path, (await fetch(url + path)).status]).toEqual([path, 200]);
    expect(probed).toEqual(['/health/live', '/health/ready', '/health/live']);
    for (const path of [prometheus.scrape_configs[0].metrics_path, serviceMonitor.spec.endpoints[0].path]) {
      expect((await fetch(url + path)).status).toBe(401);
      expect((await fetch(url + path, { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200);
    }
  });

  it('is told by the health check of the image whether the app lives', async () => {
    const [, ...args] = healthCommand();
    const checked = (port: string): Promise<number> =>
      new Promise((resolve) => {
        const child = execFile(process.execPath, args, { env: { PORT: port } });
        child.once('exit', (code) => resolve(code!));
      });
    expect(await checked(new URL(url).port)).toBe(0);
    // Nothing listens there.
    expect(await checked('1')).toBe(1);
  });
});
