// Schedules as pictures, without training: schedules in, SVG text out. Observable Plot draws; it is loaded only then, and so is a
// document for it where there is none (outside of browsers).

import type * as PlotPackage from "@observablehq/plot";
import type * as XmlPackage from "@xmldom/xmldom";
import { scalar } from "../core/array.js";
import { MissingPackageError, OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { checkCount } from "./requirements.js";
import { type ScheduleLike, checkSchedule, evaluated } from "./schedules/steps.js";

type Plot = typeof PlotPackage;
type Xml = typeof XmlPackage;

export interface PlotScheduleOptions {
  /** How many steps are shown, from 0 on. */
  readonly steps: number;
  /** In pixels; 640 by 400 by default. */
  readonly width?: number;
  readonly height?: number;
  readonly title?: string;
  /** What the vertical axis is called; "value" by default. */
  readonly label?: string;
}

interface Point {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

const op = "plotSchedule";
const plotPackage: string = "@observablehq/plot";
const xmlPackage: string = "@xmldom/xmldom";
const [ink, ground] = ["#24292f", "white"];
const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** A package that is not named where a bundler looks for names: programs that plot nothing do without it. */
async function load(name: string): Promise<unknown> {
  try {
    return await import(name);
  } catch (error) {
    throw new MissingPackageError({
      op,
      expected: `the package ${name}, which draws`,
      received: error instanceof Error ? error.message : String(error),
      remedy: `install it: npm install ${plotPackage} ${xmlPackage}`,
    });
  }
}

/** At most so many steps of one schedule are looked at, evenly spread and with the last. */
const LOOKS = 2000;

function pointsOf(name: string, schedule: ScheduleLike, steps: number): Point[] {
  const looks = Math.min(steps, LOOKS);
  return Array.from({ length: looks }, (_, i) => {
    const step = looks === 1 ? 0 : Math.round((i * (steps - 1)) / (looks - 1));
    const value = evaluated(op, schedule, scalar(step, "int32"));
    return { name, step, value: value.item() };
  });
}

type Named = Readonly<Record<string, ScheduleLike>>;

function namedOf(schedules: ScheduleLike | Named): [string, ScheduleLike][] {
  const given =
    typeof schedules === "object" && schedules !== null ? Object.entries(schedules) : [["", schedules] as [string, ScheduleLike]];
  if (given.length === 0) {
    throw new OptionError({ op, expected: "schedules, at least one", received: "none", remedy: "pass a schedule, or several by name" });
  }
  for (const [name, schedule] of given) checkSchedule(op, name === "" ? "schedule" : name, schedule);
  return given;
}

/** The picture's parts: a white ground, axes, a line for each schedule, and the names where there are several. */
function draw(
  plot: Plot,
  document: XmlPackage.Document,
  points: readonly Point[],
  names: readonly string[],
  options: PlotScheduleOptions,
): XmlPackage.Element {
  const { width = 640, height = 400, title = "", label = "value" } = options;
  const several = names.length > 1;
  const margins = { marginTop: (title === "" ? 24 : 48) + (several ? 20 : 0), marginRight: 24, marginBottom: 44, marginLeft: 72 };
  const centred = { labelAnchor: "center", labelArrow: "none" } as const;
  const corner = { frameAnchor: "top-left", textAnchor: "start", fontWeight: 600 } as const;
  const share = (width - margins.marginLeft - margins.marginRight) / names.length;
  const insets = { insetTop: -margins.marginTop, insetRight: -24, insetBottom: -44, insetLeft: -margins.marginLeft };
  return plot.plot({
    document,
    width,
    height,
    ...margins,
    axis: null,
    x: { domain: [0, Math.max(1, options.steps - 1)] },
    y: { nice: true, zero: true },
    color: { domain: names, scheme: "observable10" },
    marks: [
      plot.frame({ ...insets, fill: ground, stroke: "none" }),
      plot.gridY({ stroke: ink, strokeOpacity: 0.12 }),
      plot.axisX({ ...centred, label: "step", tickFormat: "d" }),
      plot.axisY({ ...centred, label, labelOffset: 60, tickFormat: "~g" }),
      plot.text(title === "" ? [] : [title], { ...corner, fontSize: 16, dy: 18 - margins.marginTop }),
      ...(several ? names.map((name, i) => plot.text([name], { ...corner, fill: () => name, dx: i * share, dy: -18 })) : []),
      plot.lineY(points, { x: "step", y: "value", stroke: "name", strokeWidth: 2 }),
    ],
  });
}

/**
 * A picture of a schedule, or of several by name, as SVG text: the value at each step. Nothing is trained, and nothing is written.
 *
 * It needs the package @observablehq/plot beside this one, and outside of browsers @xmldom/xmldom. Of more than 2000 steps as many
 * are shown.
 *
 * @throws MissingPackageError without these packages; OptionError for an unknown option, or steps that are no positive integer; TypeMismatchError for what is no schedule.
 * @example
 * const svg = await optim.plotSchedule({
 *   cosine: optim.cosineDecaySchedule({ initValue: 0.1, decaySteps: 100 }),
 *   linear: optim.linearSchedule({ initValue: 0.1, endValue: 0, transitionSteps: 100 }),
 * }, { steps: 120, title: "Learning rates" });
 */
export async function plotSchedule(schedules: ScheduleLike | Named, options: PlotScheduleOptions): Promise<string> {
  checkOptions(op, options, ["steps", "width", "height", "title", "label"]);
  const named = namedOf(schedules);
  checkCount(op, "steps", options?.steps);
  for (const name of ["width", "height"] as const) if (options[name] !== undefined) checkCount(op, name, options[name], 100);
  const points = named.flatMap(([name, schedule]) => pointsOf(name, schedule, options.steps));
  const plot = (await load(plotPackage)) as Plot;
  const { document, serializer } = await page();
  const picture = draw(
    plot,
    document,
    points,
    named.map(([name]) => name),
    options,
  );
  return serializer.serializeToString(finished(picture));
}

interface Page {
  readonly document: XmlPackage.Document;
  readonly serializer: Pick<XmlPackage.XMLSerializer, "serializeToString">;
}

/** What to draw into: the browser's document, else one that exists only here. */
async function page(): Promise<Page> {
  const { document, XMLSerializer: Serializer } = globalThis as {
    document?: Page["document"];
    XMLSerializer?: new () => Page["serializer"];
  };
  if (document !== undefined && Serializer !== undefined) return { document, serializer: new Serializer() };
  const { DOMImplementation, XMLSerializer } = (await load(xmlPackage)) as Xml;
  const own = new DOMImplementation().createDocument("http://www.w3.org/2000/svg", "svg", null);
  return { document: own, serializer: new XMLSerializer() };
}

/** With its styles as attributes, because renderers other than browsers ignore part of the styles. */
function finished(picture: XmlPackage.Element): XmlPackage.Element {
  const attributes = { xmlns: "http://www.w3.org/2000/svg", color: ink, fill: ink, "font-size": "12", "font-family": fonts };
  for (const [name, value] of Object.entries(attributes)) picture.setAttribute(name, value);
  return picture;
}
