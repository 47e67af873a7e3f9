// Options that the readers share.

export interface ReadOptions {
  /**
   * Converts elements that no dtype here stands for: 16-bit floats to `float32`, 16-bit integers to `int32` or `uint32`, and 64-bit
   * integers to those where every value fits. Without it they are refused.
   */
  readonly convert?: boolean;
}

export interface ParseOptions extends ReadOptions {
  /** What messages call the bytes. */
  readonly name?: string;
}
