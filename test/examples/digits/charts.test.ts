// The pictures: well-formed XML with the marks and words that they promise.

import { DOMParser, type Element } from "@xmldom/xmldom";
import { decode } from "fast-png";
import { describe, expect, test } from "vitest";
import { confusionMatrix, lossCurve, misread } from "../../../examples/digits/charts.js";
import { drawDigits, PIXELS } from "../../../examples/digits/strokes.js";

/** Parses strictly: any warning of the parser fails the test. */
const parse = (svg: string): Element => {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`${level}: ${message}`);
    },
  });
  const root = parser.parseFromString(svg, "image/svg+xml").documentElement;
  if (root === null) throw new Error("no root element");
  expect([root.tagName, root.namespaceURI]).toEqual(["svg", "http://www.w3.org/2000/svg"]);
  return root;
};

const all = (root: Element, tag: string): Element[] => Array.from(root.getElementsByTagName(tag));
const texts = (root: Element): string[] => all(root, "text").map((element) => element.textContent ?? "");
const labelled = (root: Element, label: string): Element[] => all(root, "g").filter((group) => group.getAttribute("aria-label") === label);

describe("lossCurve", () => {
  const points = Array.from({ length: 120 }, (_, i) => ({ step: i + 1, loss: 2.3 * 0.97 ** i }));
  const epochs = [0.5, 0.8, 0.912].map((accuracy, i) => ({ step: 40 * (i + 1), accuracy }));

  test("draws two lines, a mark an epoch with its accuracy, and names its axes", () => {
    const root = parse(lossCurve(points, epochs));
    const lines = labelled(root, "line").flatMap((group) => all(group, "path"));
    expect(lines.map((path) => (path.getAttribute("d") ?? "").split("L").length)).toEqual([120, 120]);
    expect(labelled(root, "rule").flatMap((group) => all(group, "line"))).toHaveLength(3);
    const words = texts(root);
    for (const word of ["Training loss", "Step", "Cross-entropy", "Held-out accuracy", "50.0 %", "80.0 %", "91.2 %"]) {
      expect(words).toContain(word);
    }
    expect(words).toContain("3 epochs, 91.2 % of the held-out digits read correctly at the end");
    // The ticks of the logarithmic axis within 2.3 … 2.3 · 0.97¹¹⁹ ≈ 0.061.
    expect(words).toEqual(expect.arrayContaining(["0.1", "0.2", "0.5", "1", "2"]));
  });

  test("labels at most ten epochs, the last among them", () => {
    const many = Array.from({ length: 57 }, (_, i) => ({ step: 2 * (i + 1), accuracy: i / 100 }));
    const shares = texts(parse(lossCurve(points, many))).filter((text) => /^\d+\.\d %$/.test(text));
    expect(shares).toHaveLength(10);
    expect(shares.at(-1)).toBe("56.0 %");
  });

  test("leaves out losses that a logarithm cannot show", () => {
    const holes = points.map(({ step, loss }, i) => ({ step, loss: i === 50 ? Number.NaN : i === 60 ? 0 : loss }));
    const svg = lossCurve(holes, epochs);
    parse(svg);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

describe("confusionMatrix", () => {
  const counts = Array.from({ length: 10 }, (_, truth) =>
    Array.from({ length: 10 }, (_unused, predicted) => (truth === predicted ? 190 + truth : truth === 4 && predicted === 9 ? 6 : 0)),
  );

  test("has a cell a pair, a number where there are images, and the share of each row", () => {
    const root = parse(confusionMatrix(counts));
    expect(labelled(root, "cell").flatMap((group) => all(group, "rect"))).toHaveLength(100);
    const words = texts(root);
    for (const word of ["Confusion matrix", "Read as", "Truth", "190", "199", "6", "97.0 %", "100.0 %"]) expect(words).toContain(word);
    expect(words).toContain("1,945 of 1,951 held-out digits read correctly (99.7 %)");
    expect(words.filter((word) => /^(19\d|6)$/.test(word) && word !== "6").length).toBe(10);
    // Twice as a tick, once as the count.
    expect(words.filter((word) => word === "6")).toHaveLength(3);
  });

  test("shades mistakes by their share of the row", () => {
    const cells = labelled(parse(confusionMatrix(counts)), "cell").flatMap((group) => all(group, "rect"));
    const fill = (truth: number, predicted: number): string | null => cells[10 * truth + predicted].getAttribute("fill");
    expect(fill(4, 9)).not.toBe(fill(4, 8));
    expect(fill(4, 9)).not.toBe(fill(4, 4));
    expect(fill(0, 1)).toBe(fill(9, 8));
  });

  test("draws a matrix of zeros", () => {
    const svg = confusionMatrix(Array.from({ length: 10 }, () => new Array<number>(10).fill(0)));
    expect(texts(parse(svg))).toContain("0 of 0 held-out digits read correctly");
    expect(svg).not.toContain("NaN");
  });
});

describe("misread", () => {
  const { images: bytes, labels } = drawDigits({ count: 100, seed: 2 });
  const images = Float32Array.from(bytes, (grey) => grey / 255);

  test("shows the misread images themselves, each with truth and reading", () => {
    const predicted = labels.slice();
    predicted[3] = (labels[3] + 1) % 10;
    predicted[70] = (labels[70] + 5) % 10;
    const root = parse(misread(images, labels, predicted));
    const pictures = all(root, "image").map((image) => image.getAttribute("href") ?? image.getAttribute("xlink:href") ?? "");
    expect(pictures).toHaveLength(2);
    const decoded = pictures.map((href) => decode(Buffer.from(href.slice("data:image/png;base64,".length), "base64")));
    expect(decoded.map(({ width, height, channels }) => [width, height, channels])).toEqual([
      [28, 28, 1],
      [28, 28, 1],
    ]);
    for (const [i, at] of [3, 70].entries()) {
      expect(Array.from(decoded[i].data)).toEqual(Array.from(bytes.subarray(at * PIXELS, (at + 1) * PIXELS)));
    }
    expect(texts(root)).toEqual([
      "Misread digits: truth → read as",
      "2 of 100 held out",
      String(labels[3]),
      String(labels[70]),
      "→",
      "→",
      String(predicted[3]),
      String(predicted[70]),
    ]);
  });

  test("shows at most 36 and says how many there are", () => {
    const root = parse(
      misread(
        images,
        labels,
        labels.map((label) => (label + 1) % 10),
      ),
    );
    expect(all(root, "image")).toHaveLength(36);
    expect(texts(root)).toContain("100 of 100 held out, the first 36");
  });

  test("says so when nothing was misread", () => {
    const root = parse(misread(images, labels, labels));
    expect(all(root, "image")).toHaveLength(0);
    expect(texts(root)).toEqual(["No digit misread", "0 of 100 held out"]);
  });
});
