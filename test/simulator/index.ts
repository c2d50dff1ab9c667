export type { Behaviour, SimulatedVendor, StreamErrorKind } from '../../src/key-management/testing/simulator';
export { fakeKey } from './fake-keys';
export { startSimulatorProcess, type SimulatorProcess } from './simulator-process';
export { VendorSimulator } from './vendor-simulator';
