// The variational auto-encoder on a few digits: the bound falls, and its divergence is the Gaussians' own.

import { decode } from "fast-png";
import { expect, test } from "vitest";
import { numpy as np, random } from "cotangent";
import { defaults, run } from "../../examples/vae/main.js";
import { costs, encode, initParams } from "../../examples/vae/model.js";

test("a short run lowers the bound and draws", async () => {
  const { figures, pictures } = await run({ ...defaults, epochs: 2, train: 400, test: 50, batch: 50 });
  // 784 pixels of one half cost 784 ln 2 = 543 nats.
  expect(figures[0].value).toBeGreaterThan(100);
  expect(figures[0].value).toBeLessThan(400);
  const { width, height, channels } = decode(pictures["reconstructions.png"] as Uint8Array);
  expect([width, height, channels]).toEqual([12 * 86 + 2, 2 * 86 + 2, 1]);
  expect(decode(pictures["samples.png"] as Uint8Array).height).toBe(8 * 86 + 2);
});

test("the divergence is that of the Gaussians from the standard normal", () => {
  const params = initParams(random.key(0));
  const images = random.uniform(random.key(1), [3, 784]);
  const { mean, logVariance } = encode(params, images);
  const [m, v] = [mean, logVariance].map((x) => x.toArray() as number[][]);
  const expected = m.map((row, i) => row.reduce((sum, mu, j) => sum + (Math.exp(v[i][j]) + mu * mu - 1 - v[i][j]) / 2, 0));
  const { divergence } = costs(params, images, random.key(2));
  expect(np.allclose(divergence, np.array(expected), { rtol: 1e-5 }).item()).toBe(1);
});
