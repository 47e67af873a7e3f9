// What the smoke tests of examples share: a run in silence, and pictures that are well-formed.

import { DOMParser, type Element } from "@xmldom/xmldom";
import { expect, vi } from "vitest";
import { type Figure, reached } from "../../examples/shared/figures.js";
import type { Result } from "../../examples/shared/program.js";

/** What an example gives and what it prints. */
export async function runQuietly(run: () => Result | Promise<Result>): Promise<Result & { readonly printed: string }> {
  const lines: string[] = [];
  const spy = vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
  try {
    return { ...(await run()), printed: lines.join("\n") };
  } finally {
    spy.mockRestore();
  }
}

/** The root of an SVG, read strictly: any warning of the parser throws. */
export function parseSvg(svg: string | Uint8Array): Element {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const root = parser.parseFromString(String(svg), "image/svg+xml").documentElement;
  if (root === null) throw new Error("no root element");
  return root;
}

/** Expects pictures of these names, each an SVG with something drawn, and no NaN in it. */
export function expectPictures({ pictures }: Result, ...names: string[]): void {
  expect(Object.keys(pictures)).toEqual(names);
  for (const svg of Object.values(pictures)) {
    const root = parseSvg(svg);
    expect(root.tagName).toBe("svg");
    expect(root.getElementsByTagName("path").length + root.getElementsByTagName("circle").length).toBeGreaterThan(0);
    expect(String(svg)).not.toContain("NaN");
  }
}

/** The figures that are missed, by name. */
export const missed = (figures: readonly Figure[]): string[] => figures.filter((figure) => !reached(figure)).map(({ name }) => name);

/** The value of the figure of that name. */
export function valueOf(figures: readonly Figure[], name: string): number {
  const found = figures.find((figure) => figure.name === name);
  if (found === undefined) throw new Error(`no figure ${name} among ${figures.map((figure) => figure.name).join(", ")}`);
  return found.value;
}
