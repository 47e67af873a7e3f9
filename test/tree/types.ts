// Compile-time equality of types: `assert<Equal<A, B>>()` does not typecheck unless both are the same type.

export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** A statement about types; it does nothing when it runs. */
export const assert = <_ extends true>(): void => undefined;
