// The example of cotangent/testing runs, and finds the planted mistake.

import { expect, it } from "vitest";
import { run } from "../../../examples/gradientChecks/main.js";

it("the example finds the mistake and the kink", () => {
  const [layer, mistaken, kink] = run();
  expect(layer).toMatch(/^layer: \d+ derivatives agree, \d+ ways to batch$/);
  expect(mistaken).toMatch(
    /^mistaken: checkGrads of mistaken: expected the derivative of the result\[\d\] with respect to argument 0\.b\[\d\]/,
  );
  expect(mistaken).toMatch(/numeric \S+ ± \S+, got analytic/);
  expect(kink).toMatch(/^abs at 0: .* to the right$/);
});
