// Options of the wrong kind are refused, as plain JavaScript may pass them.

import { describe, expect, test } from "vitest";
import { type NDArray, lax, numpy as np, setDebug } from "../../src/index.js";

describe("options of the wrong kind", () => {
  test("scan refuses a reverse that is no boolean", () => {
    const options: object = { reverse: "no" };
    expect(() => lax.scan((c: NDArray, x: NDArray) => [c, x], 0, np.arange(3), options)).toThrow(
      "scan: expected reverse: true or false, got no",
    );
  });

  test.each([undefined, null, true])("setDebug refuses %s", (settings) => {
    expect(() => Reflect.apply(setDebug, undefined, [settings])).toThrow(`got settings: ${settings}`);
  });
});
