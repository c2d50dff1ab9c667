export type {
  Behaviour,
  Flood,
  MalformedKind,
  Outage,
  PlainSituation,
  Situation,
  StreamErrorKind,
  StreamPoint,
} from './behaviour';
export type { CallLog } from './core/call-log';
export type { CallRecord, KeyCounters } from './core/call-record';
export type { RateLimits } from './limits/rate-limits';
export type { SimulatedVendor } from './simulated-vendor';
export type { Flavour } from './vendors/compatible/flavours';
export { VendorSimulator, type SimulatorOptions } from './vendor-simulator';
export { fakeKey } from './fake-keys';
export { VendorVoice, type VoicedAnswer, type VoicedRequest } from './vendor-voice';
