// The page that every chart of the examples stands on: a plot with title and subtitle on a white ground, as SVG text. Observable Plot
// draws into a document that exists only here; nothing is written to disk.

import * as Plot from "@observablehq/plot";
import { DOMImplementation, XMLSerializer } from "@xmldom/xmldom";

export const ink = "#24292f";
export const faint = "#57606a";
export const blue = "#0969da";
export const red = "#cf222e";
export const green = "#1a7f37";
export const orange = "#bc4c00";
export const purple = "#8250df";

const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** Axes are given as marks of their own: those that Plot adds by itself would lie under the page's ground. */
export const centred = { labelAnchor: "center", labelArrow: "none" } as const;

export interface Page {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly subtitle: string;
  readonly margins: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  readonly options: Plot.PlotOptions;
  readonly marks: Plot.Markish[];
}

/** Title, subtitle and a white ground around a plot, so that it reads the same on a page of any colour. */
export function render({ width, height, title, subtitle, margins, options, marks }: Page): string {
  const document = new DOMImplementation().createDocument("http://www.w3.org/2000/svg", "svg", null);
  const insets = { insetTop: -margins.top, insetRight: -margins.right, insetBottom: -margins.bottom, insetLeft: -margins.left };
  const heading = { frameAnchor: "top-left", textAnchor: "start", lineAnchor: "bottom", dx: 16 - margins.left, clip: false } as const;
  const plot = Plot.plot({
    document,
    width,
    height,
    marginTop: margins.top,
    marginRight: margins.right,
    marginBottom: margins.bottom,
    marginLeft: margins.left,
    axis: null,
    ...options,
    marks: [
      Plot.frame({ ...insets, fill: "white", stroke: "none" }),
      Plot.text([title], { ...heading, dy: 36 - margins.top, fontSize: 17, fontWeight: 600, fill: ink }),
      Plot.text([subtitle], { ...heading, dy: 57 - margins.top, fontSize: 12, fill: faint }),
      ...marks,
    ],
  });
  // As attributes, because renderers other than browsers ignore part of the styles.
  const attributes = { color: ink, fill: ink, "font-size": "12", "font-family": fonts };
  for (const [name, value] of Object.entries(attributes)) plot.setAttribute(name, value);
  return new XMLSerializer().serializeToString(plot);
}
