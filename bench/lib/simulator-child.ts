// Compiled for `startSimulatorProcess`, which starts it from where it lies.
import '../../test/simulator/child';
