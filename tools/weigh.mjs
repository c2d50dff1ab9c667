// `npm run weigh`, after `npm run build`: what this package and some that Nest users know add to an empty Nest 11 app. Each is installed by
// its own README's line, without versions, and imported in fresh processes. `npm run weigh -- ours` leaves the others out.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from './compat/install.mjs';
import { mustRun } from './compat/run.mjs';

const NEST = ['@nestjs/common@11', '@nestjs/core@11', '@nestjs/platform-express@11', 'reflect-metadata@0.2', 'rxjs@7'];
const { name: US, main: entry } = JSON.parse(readFileSync('package.json', 'utf8'));
const IMPORTS = 7;

/** `used` is what an app writes to have the module, after the import. */
const OURS = { name: `${US} (default store)`, use: [US], used: `require('${US}').KeyManagementModule.forRoot();` };
const others = [
  {
    name: '@nestjs/throttler',
    install: ['@nestjs/throttler'],
    use: ['@nestjs/throttler'],
    used: `require('@nestjs/throttler').ThrottlerModule.forRoot([{ ttl: 60000, limit: 10 }]);`,
  },
  {
    name: 'nestjs-pino',
    install: ['nestjs-pino', 'pino-http'],
    use: ['nestjs-pino'],
    used: `require('nestjs-pino').LoggerModule.forRoot();`,
  },
  {
    name: '@nestjs/bullmq + board',
    install: ['@nestjs/bullmq', 'bullmq', '@bull-board/nestjs', '@bull-board/api', '@bull-board/express'],
    use: ['@nestjs/bullmq', '@bull-board/nestjs', '@bull-board/express'],
    used: `require('@nestjs/bullmq').BullModule.forRoot({ connection: { lazyConnect: true } });`,
  },
  {
    name: '@willsoto/nestjs-prometheus',
    install: ['@willsoto/nestjs-prometheus', 'prom-client'],
    use: ['@willsoto/nestjs-prometheus'],
    used: `require('@willsoto/nestjs-prometheus').PrometheusModule.register();`,
  },
];

const QUIET = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
const PROBE = ({ use, used }) => `
  const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e3; };
  const step = (work) => {
    const [ms, took, rss] = [performance.now(), cpu(), process.memoryUsage.rss()];
    work();
    return { ms: performance.now() - ms, cpu: cpu() - took, rss: (process.memoryUsage.rss() - rss) / 1e6 };
  };
  const nest = step(() => { require('reflect-metadata'); require('@nestjs/common'); require('@nestjs/core'); });
  const imported = step(() => { ${use.map((each) => `require('${each}');`).join(' ')} });
  const inUse = step(() => { ${used} });
  console.log(JSON.stringify({ nest, imported, inUse }));
  process.exit();
`;

const bytesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
/** @returns packages, megabytes of files, and the packages that run a script when they are installed */
function installed(app) {
  const { packages } = JSON.parse(readFileSync(join(app, 'node_modules/.package-lock.json'), 'utf8'));
  const scripts = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
    hasInstallScript ? [path.replace(/.*node_modules\//, '')] : [],
  );
  return { packages: Object.keys(packages).length, mb: bytesIn(join(app, 'node_modules')) / 1e6, scripts };
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function weigh({ name, install, use, used }, folder) {
  const app = mkdtempSync(join(folder, 'app-'));
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true }));
  await mustRun('npm', ['install', ...QUIET, ...NEST], { cwd: app });
  const before = installed(app);
  const began = performance.now();
  await mustRun('npm', ['install', ...QUIET, ...install], { cwd: app });
  const seconds = (performance.now() - began) / 1_000;
  const after = installed(app);
  const runs = [];
  for (let run = 0; run < IMPORTS; run += 1)
    runs.push(JSON.parse(await mustRun(process.execPath, ['-e', PROBE({ use, used })], { cwd: app })));
  const of = (pick) => median(runs.map(pick));
  return {
    name,
    packages: after.packages - before.packages,
    mb: (after.mb - before.mb).toFixed(1),
    seconds: seconds.toFixed(0),
    importMs: of(({ imported }) => imported.ms).toFixed(0),
    importRatio: of(({ nest, imported }) => imported.cpu / nest.cpu).toFixed(2),
    usedMs: of(({ imported, inUse }) => imported.ms + inUse.ms).toFixed(0),
    usedRatio: of(({ nest, imported, inUse }) => (imported.cpu + inUse.cpu) / nest.cpu).toFixed(2),
    rss: of(({ imported }) => imported.rss).toFixed(1),
    usedRss: of(({ imported, inUse }) => imported.rss + inUse.rss).toFixed(1),
    scripts: after.scripts.join(', ') || 'none',
  };
}

if (!existsSync(entry)) throw new Error('There is no build to weigh: run `npm run build` first.');
const folder = mkdtempSync(join(tmpdir(), 'weigh-'));
try {
  mkdirSync(join(folder, 'packed'));
  const tarball = await pack(join(folder, 'packed'));
  console.log(
    '| added to a Nest 11 app | packages | MB | seconds to install | import, ms (× Nest) | with `forRoot`, ms (× Nest) | RSS at import, MB | with `forRoot`, MB | install scripts |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  const all = process.argv.includes('ours') ? [] : others;
  for (const each of [{ ...OURS, install: [tarball] }, ...all]) {
    const row = await weigh(each, folder).catch((error) => ({ name: each.name, failed: error.message.slice(0, 300) }));
    if (row.failed) console.log(`| ${row.name} | not installed: ${row.failed.replaceAll('\n', ' ')} |`);
    else
      console.log(
        `| ${row.name} | ${row.packages} | ${row.mb} | ${row.seconds} | ${row.importMs} (${row.importRatio}) | ${row.usedMs} (${row.usedRatio}) | ${row.rss} | ${row.usedRss} | ${row.scripts} |`,
      );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
