/** Bins of response times. Bin 0 holds what took less than a millisecond, bin n the sketch's key n - 1; the last one all above 8 days. */
export const BINS = 1_024;
