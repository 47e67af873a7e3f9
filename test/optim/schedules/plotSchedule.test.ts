// Pictures of schedules: the SVG is read back; what cannot be drawn.

import { DOMParser } from "@xmldom/xmldom";
import { describe, expect, it, vi } from "vitest";
import { MissingPackageError, optim } from "../../../src/index.js";

const cosine = optim.cosineDecaySchedule({ initValue: 0.1, decaySteps: 20 });
const lineOf = (svg: string): string[] => {
  const document = new DOMParser().parseFromString(svg, "image/svg+xml");
  const group = Array.from(document.getElementsByTagName("g")).filter((g) => g.getAttribute("aria-label") === "line");
  return group.flatMap((g) => Array.from(g.getElementsByTagName("path")).map((path) => path.getAttribute("d") ?? ""));
};
const pointsIn = (path: string): number => path.split(/[ML]/).length - 1;

describe("plotSchedule", () => {
  it("draws a line through the value at each step", async () => {
    const svg = await optim.plotSchedule(cosine, { steps: 24, width: 500, height: 300, title: "Down" });
    const lines = lineOf(svg);
    expect(lines.map(pointsIn)).toEqual([24]);
    expect(svg).toContain(">Down</text>");
    expect(svg).toMatch(/^<svg[^>]* width="500" height="300"/);
    // The first value is the largest, and lies highest; from step 20 on the line is level.
    const heights = lines[0]
      .split(/[ML]/)
      .slice(1)
      .map((point) => Number(point.split(",")[1]));
    expect(heights[0]).toBe(Math.min(...heights));
    expect(new Set(heights.slice(20)).size).toBe(1);
  });

  it("draws several with their names, and one's own function", async () => {
    const svg = await optim.plotSchedule({ cosine, constant: 0.05, own: (step) => 1 / (step.item() + 10) }, { steps: 10, label: "rate" });
    expect(lineOf(svg)).toHaveLength(3);
    for (const name of ["cosine", "constant", "own", "rate"]) expect(svg).toContain(`>${name}</text>`);
  });

  it("looks at 2000 steps of more", async () => {
    expect(lineOf(await optim.plotSchedule(cosine, { steps: 1e6 })).map(pointsIn)).toEqual([2000]);
  });

  it("refuses what it cannot draw", async () => {
    await expect(optim.plotSchedule(cosine, { steps: 0 })).rejects.toThrow("plotSchedule: expected steps, an integer of at least 1, got 0");
    await expect(optim.plotSchedule({}, { steps: 5 })).rejects.toThrow("expected schedules, at least one, got none");
    await expect(optim.plotSchedule({ rate: "fast" as never }, { steps: 5 })).rejects.toThrow(
      "expected rate as a schedule or a number, got a string",
    );
  });

  it("says which packages it needs", async () => {
    vi.doMock("@observablehq/plot", () => {
      throw new Error("there is none");
    });
    const drawn = optim.plotSchedule(cosine, { steps: 5 });
    await expect(drawn).rejects.toThrow(MissingPackageError);
    await expect(drawn).rejects.toThrow(/expected the package @observablehq\/plot[^]*npm install @observablehq\/plot @xmldom\/xmldom/);
    vi.doUnmock("@observablehq/plot");
  });
});
