import { heading, line, paint, say } from './print';
import { Recording } from './recording';
import * as callersFault from './scenes/callers-fault';
import * as comebacks from './scenes/comebacks';
import * as crowd from './scenes/crowd';
import * as finalStatus from './scenes/final-status';
import * as firstCalls from './scenes/first-calls';
import * as healthChecks from './scenes/health-checks';
import * as keysDie from './scenes/keys-die';
import * as noKeyLeft from './scenes/no-key-left';
import * as cooldowns from './scenes/cooldowns';
import * as weather from './scenes/weather';
import { Stage } from './stage';

const LONGEST_RUN_MS = 55_000;

interface Scene {
  readonly title: string;
  readonly play: (stage: Stage) => void | Promise<void>;
}

const SCENES: readonly Scene[] = [
  healthChecks,
  firstCalls,
  keysDie,
  cooldowns,
  weather,
  crowd,
  callersFault,
  noKeyLeft,
  comebacks,
  finalStatus,
];

async function perform(stage: Stage): Promise<void> {
  for (const [index, { title, play }] of SCENES.entries()) {
    heading(index + 1, title);
    try {
      await play(stage);
    } catch (error) {
      stage.promises.expect(
        `the scene plays to its end (${error instanceof Error ? error.message : 'it threw'})`,
        false,
      );
    }
  }
}

async function main(): Promise<void> {
  const recording = new Recording();
  recording.start();
  line(
    paint(
      'bold',
      'AI key management: OpenAI, Anthropic and Google, simulated on this machine; the SDKs are the real ones.',
    ),
  );
  const stage = await Stage.open(recording);
  try {
    await perform(stage);
  } finally {
    await stage.close();
  }
  heading(SCENES.length + 1, 'No key is ever shown');
  say(`${recording.length} characters were printed, returned, reported or logged (${recording.logged} log lines)`);
  stage.promises.expect(
    `none of the ${stage.secrets.length} keys can be read in them`,
    recording.leaked(stage.secrets) === 0,
  );
  if (!stage.promises.conclude()) process.exitCode = 1;
}

setTimeout(() => {
  console.error(`The demo is not done after ${LONGEST_RUN_MS / 1_000} s.`);
  process.exit(1);
}, LONGEST_RUN_MS).unref();

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
