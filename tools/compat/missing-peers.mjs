// When a peer is not installed, the start must fail with an error that names the peer.
import { existsSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.mjs';

const NAME = 'nestjs-ai-key-management';
/** A peer of Nest; this package does not import it. */
const NOT_IMPORTED = ['reflect-metadata'];

/** In an app of the linked layout a package is found in two places: beside this package, and in the app. */
function hide(app, peer) {
  const beside = join(realpathSync(join(app, 'node_modules', NAME)), '..', peer);
  const places = [join(app, 'node_modules', peer), beside].filter((place) => existsSync(place));
  for (const place of places) renameSync(place, `${place}.away`);
  return () => {
    for (const place of places) renameSync(`${place}.away`, place);
  };
}

/** @returns the problems, one line each */
export async function tryMissingPeers(app) {
  const { peerDependencies, peerDependenciesMeta = {} } = JSON.parse(readFileSync('package.json', 'utf8'));
  const problems = [];
  for (const peer of Object.keys(peerDependencies).filter((each) => !NOT_IMPORTED.includes(each))) {
    const show = hide(app, peer);
    const { passed, output } = await run(process.execPath, ['-e', `require('${NAME}').KeyManagementModule.forRoot()`], {
      cwd: app,
    });
    show();
    if (peerDependenciesMeta[peer]?.optional) {
      if (!passed) problems.push(`Without ${peer}, which is optional: ${output}`);
      continue;
    }
    const named = output.includes(`Cannot find module '${peer}`) || output.includes(`Cannot find package '${peer}`);
    if (passed || !named) problems.push(`Without ${peer}: ${passed ? 'it loads, so it is no peer' : output}`);
  }
  return problems;
}
