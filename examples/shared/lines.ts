// A plot of curves: named series of points go in, SVG text comes out.

import * as Plot from "@observablehq/plot";
import { blue, centred, faint, green, ink, orange, purple, red, render } from "./page.js";

export interface Series {
  readonly name: string;
  /** `[x, y]`; points that are not finite are left out. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Dashed, for what others are compared with. */
  readonly dashed?: boolean;
  /** Draws the points themselves instead of a line. */
  readonly dots?: boolean;
}

export interface LinesOptions {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: string;
  readonly y: string;
  /** "log" leaves out points that are not above zero; "linear" by default. */
  readonly xScale?: "linear" | "log";
  readonly yScale?: "linear" | "log";
  readonly xDomain?: readonly [number, number];
  readonly yDomain?: readonly [number, number];
  /** A height worth reaching, drawn as a dashed rule. */
  readonly goal?: number;
  /** A square plane, where both axes mean the same. */
  readonly square?: boolean;
  /** Marks of your own, over the others. */
  readonly marks?: readonly Plot.Markish[];
}

/** On a logarithmic axis 0.4, which Plot by itself writes as 400m. */
const plain = (scale: string): { readonly tickFormat?: string } => (scale === "log" ? { tickFormat: "~g" } : {});

const colours = [blue, red, green, orange, purple, ink, faint];

/**
 * One line (or cloud of dots) for each series, each with its name in its colour above the plot.
 *
 * @example lines([{ name: "loss", points: [[0, 1], [1, 0.5]] }], { title: "Loss", x: "Step", y: "Loss" }); // "<svg …"
 */
export function lines(series: readonly Series[], options: LinesOptions): string {
  const { title, subtitle = "", x, y, xScale = "linear", yScale = "linear", xDomain, yDomain, goal, square = false } = options;
  const place = { x: "0", y: "1" } as const;
  const drawable = (value: number, scale: string): boolean => Number.isFinite(value) && (scale !== "log" || value > 0);
  const curves = series.map(({ points, dashed, dots }, i) => {
    const drawn = points.filter((point) => drawable(point[0], xScale) && drawable(point[1], yScale));
    const stroke = colours[i % colours.length];
    if (dots === true) return Plot.dot(drawn, { ...place, fill: stroke, r: 1.8, fillOpacity: 0.55 });
    return Plot.lineY(drawn, { ...place, stroke, strokeWidth: 1.8, ...(dashed === true ? { strokeDasharray: "6,4" } : {}) });
  });
  let before = 0;
  const legend = series.map(({ name }, i) => {
    const dx = before;
    before += 7.2 * name.length + 24;
    return Plot.text([name], {
      frameAnchor: "top-left",
      textAnchor: "start",
      lineAnchor: "bottom",
      dx,
      dy: -10,
      fill: colours[i % colours.length],
      fontWeight: 600,
    });
  });
  return render({
    width: square ? 560 : 800,
    height: square ? 560 + 52 : 460,
    title,
    subtitle,
    margins: { top: 104, right: 36, bottom: 52, left: 72 },
    options: {
      x: { type: xScale, ...(xDomain === undefined ? { nice: xScale === "linear" } : { domain: xDomain }) },
      y: { type: yScale, ...(yDomain === undefined ? { nice: true } : { domain: yDomain }) },
    },
    marks: [
      Plot.gridY({ stroke: faint, strokeOpacity: 0.18 }),
      Plot.axisX({ ...centred, ...plain(xScale), label: x, labelOffset: 42 }),
      Plot.axisY({ ...centred, ...plain(yScale), label: y, labelOffset: 60 }),
      ...(goal === undefined ? [] : [Plot.ruleY([goal], { stroke: faint, strokeDasharray: "3,3" })]),
      ...curves,
      ...legend,
      ...(options.marks ?? []),
    ],
  });
}
