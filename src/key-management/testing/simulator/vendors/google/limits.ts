import type { Answer, Call } from '../../core/call';
import type { LimitVoice } from '../../core/profile';
import type { Refusal } from '../../limits/limiter';
import { googleError } from './errors';
import { dailyQuota, quotaExceeded, violationOf } from './quota';

const NO_HEADERS = {};

export const googleLimits: LimitVoice = {
  headers: () => NO_HEADERS,
  refusal(refusal: Refusal, call: Call): Answer {
    const { dimension, window, limit, waitMs, stated } = refusal;
    if (stated === 'none' || waitMs === Infinity) {
      return googleError(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).');
    }
    if (window === 'day' && dimension === 'requests') return dailyQuota(limit, call);
    return quotaExceeded({
      violations: [violationOf(dimension, window, limit, call.model)],
      waitMs,
      wholeSeconds: false,
      help: true,
      monitor: false,
    });
  },
};
