import type { Scenario } from './harness/scenario';
import { latencySpikes } from './vendor/latency-spikes';
import { resetsBeforeHeaders } from './vendor/resets-before-headers';
import { brokenBodies } from './vendor/broken-bodies';
import { acceptedNeverAnswered } from './vendor/accepted-never-answered';
import { goneWithoutFin } from './vendor/gone-without-fin';
import { errorStorm } from './vendor/error-storm';
import { wrongContent } from './vendor/wrong-content';
import { giantErrors } from './vendor/giant-errors';
import { endlessStreams } from './vendor/endless-streams';
import { garbageEncodings } from './vendor/garbage-encodings';
import { redirects } from './vendor/redirects';
import { invalidHeaders } from './vendor/invalid-headers';
import { oneGoodKey } from './vendor/one-good-key';
import { shutdownUnderFire } from './vendor/shutdown-under-fire';
import { everythingAtOnce } from './vendor/everything-at-once';
import { postgresCrashed, postgresReset, postgresSilent, postgresTerminated } from './store/postgres-troubles';
import { redisFull } from './store/redis-full';
import { redisGarbage, redisRefusing, redisReset, redisSilent, redisSlow } from './store/redis-troubles';
import { firebaseTrouble } from './store/firebase-trouble';
import {
  allAskedToWait,
  badKeyOfFive,
  badKeyOfTwo,
  firstRetry,
  hangingKey,
  keyAskedToWait,
} from './vendor/bad-key-among-good';
import { fileDamaged } from './store/file-damaged';
import { fileUnusable } from './store/file-unusable';
import { killedInstance } from './process/killed-instance';
import { killedLeader, killedLeaderOnPostgres } from './process/killed-leader';
import { setBack, setForward, setToAndFro } from './clock/set-by-an-hour';
import { oneOfThree } from './clock/one-of-three';

/** All scenarios, in the order in which they run. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'vendor/latency-spikes': latencySpikes,
  'vendor/resets-before-headers': resetsBeforeHeaders,
  'vendor/broken-bodies': brokenBodies,
  'vendor/accepted-never-answered': acceptedNeverAnswered,
  'vendor/gone-without-fin': goneWithoutFin,
  'vendor/error-storm': errorStorm,
  'vendor/wrong-content': wrongContent,
  'vendor/giant-errors': giantErrors,
  'vendor/endless-streams': endlessStreams,
  'vendor/garbage-encodings': garbageEncodings,
  'vendor/redirects': redirects,
  'vendor/invalid-headers': invalidHeaders,
  'vendor/one-good-key': oneGoodKey,
  'vendor/bad-key-of-two': badKeyOfTwo,
  'vendor/bad-key-of-five': badKeyOfFive,
  'vendor/hanging-key': hangingKey,
  'vendor/key-asked-to-wait': keyAskedToWait,
  'vendor/all-asked-to-wait': allAskedToWait,
  'vendor/first-retry': firstRetry,
  'vendor/shutdown-under-fire': shutdownUnderFire,
  'vendor/everything-at-once': everythingAtOnce,
  'store/redis-reset': redisReset,
  'store/redis-refusing': redisRefusing,
  'store/redis-silent': redisSilent,
  'store/redis-slow': redisSlow,
  'store/redis-garbage': redisGarbage,
  'store/redis-full': redisFull,
  'store/postgres-reset': postgresReset,
  'store/postgres-silent': postgresSilent,
  'store/postgres-crashed': postgresCrashed,
  'store/postgres-terminated': postgresTerminated,
  'store/firebase-trouble': firebaseTrouble,
  'store/file-damaged': fileDamaged,
  'store/file-unusable': fileUnusable,
  'process/killed-instance': killedInstance,
  'process/killed-leader': killedLeader,
  'process/killed-leader-on-postgres': killedLeaderOnPostgres,
  'clock/set-back': setBack,
  'clock/set-forward': setForward,
  'clock/set-to-and-fro': setToAndFro,
  'clock/one-of-three': oneOfThree,
};
