// For the Dockerfile, after the build: makes the packages that the host app needs at run time dependencies in package.json, and takes the
// others out, so that `npm prune --omit=dev` leaves a small node_modules of the versions in package-lock.json.
// node tools/host-app-packages.mjs [driver …]: the drivers are optional peers, such as `ioredis` and `firebase-admin`.
import { readFileSync, writeFileSync } from 'node:fs';

/** What src/main.ts and its neighbours import, and what Nest and the module load by name. */
const HOST_APP = [
  '@nestjs/common',
  '@nestjs/config',
  '@nestjs/core',
  '@nestjs/platform-express',
  '@nestjs/schedule',
  '@nestjs/swagger',
  '@nestjs/terminus',
  'helmet',
  'reflect-metadata',
  'rxjs',
];

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));
for (const name of [...HOST_APP, ...process.argv.slice(2)]) {
  const version = manifest.devDependencies[name];
  if (version === undefined) throw new Error(`${name} is not in devDependencies of package.json.`);
  manifest.dependencies[name] = version;
}
delete manifest.devDependencies;
delete manifest.peerDependencies;
delete manifest.peerDependenciesMeta;
writeFileSync('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
