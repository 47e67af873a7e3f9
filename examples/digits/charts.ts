// The pictures of a training run, as SVG text: loss curve, confusion matrix, misread digits. Numbers in, text out.

import * as Plot from "@observablehq/plot";
import { encode } from "fast-png";
import { blue, centred, faint, green, ink, red, render } from "../shared/page.js";
import { PIXELS, SIDE } from "./strokes.js";

const show = (n: number): string => n.toLocaleString("en-US");
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export interface LossPoint {
  /** Training steps (batches) done. */
  readonly step: number;
  readonly loss: number;
}

export interface EpochPoint {
  /** The step at which the epoch ended. */
  readonly step: number;
  /** Share of the held-out images read correctly, from 0 to 1. */
  readonly accuracy: number;
}

/** At most ten of the epochs, evenly spread and with the last, so that their labels do not touch. */
function labelled(epochs: readonly EpochPoint[]): EpochPoint[] {
  const every = Math.ceil(epochs.length / 10);
  return epochs.filter((_, i) => (epochs.length - 1 - i) % every === 0);
}

/** 1, 2 and 5 times the powers of ten, from the least to the greatest of `values`. */
function logTicks(values: readonly number[]): number[] {
  const low = values.reduce((a, b) => Math.min(a, b), 1);
  const high = values.reduce((a, b) => Math.max(a, b), 1);
  const first = Math.floor(Math.log10(low));
  const decades = Array.from({ length: Math.ceil(Math.log10(high)) - first + 1 }, (_, i) => first + i);
  return decades.flatMap((k) => [1, 2, 5].map((n) => Number(`${n}e${k}`))).filter((tick) => tick >= low && tick <= high);
}

/**
 * The loss after each step on a logarithmic axis, its running mean, and the held-out accuracy at the end of each epoch.
 *
 * @example
 * lossCurve([{ step: 1, loss: 2.3 }, { step: 2, loss: 1.9 }], [{ step: 2, accuracy: 0.4 }]); // "<svg …"
 */
export function lossCurve(points: readonly LossPoint[], epochs: readonly EpochPoint[]): string {
  const window = Math.max(1, Math.round(points.length / 40));
  const marked = labelled(epochs);
  const last = epochs.at(-1);
  // A logarithmic axis has no place for zero.
  const drawn = points.filter(({ loss }) => loss > 0 && Number.isFinite(loss));
  const ticks = logTicks(drawn.map(({ loss }) => loss));
  return render({
    width: 800,
    height: 460,
    title: "Training loss",
    subtitle:
      last === undefined ? "" : `${show(epochs.length)} epochs, ${percent(last.accuracy)} of the held-out digits read correctly at the end`,
    margins: { top: 104, right: 36, bottom: 52, left: 64 },
    options: {
      x: { domain: [0, points.at(-1)?.step ?? 1] },
      y: { type: "log" },
    },
    marks: [
      Plot.gridY({ ticks, stroke: faint, strokeOpacity: 0.18 }),
      Plot.axisX({ ...centred, label: "Step", labelOffset: 42 }),
      Plot.axisY({ ...centred, label: "Cross-entropy", labelOffset: 54, ticks, tickFormat: "~g" }),
      Plot.ruleX(marked, { x: "step", stroke: faint, strokeOpacity: 0.45, strokeDasharray: "3,3" }),
      Plot.text(marked, {
        x: "step",
        text: ({ accuracy }: EpochPoint) => percent(accuracy),
        frameAnchor: "top",
        dy: -12,
        fill: green,
        fontWeight: 600,
      }),
      Plot.text(marked.length === 0 ? [] : ["Held-out accuracy"], { frameAnchor: "top-left", dy: -32, fill: green }),
      Plot.lineY(drawn, { x: "step", y: "loss", stroke: blue, strokeOpacity: 0.28, strokeWidth: 1 }),
      Plot.lineY(drawn, Plot.windowY({ k: window, reduce: "mean" }, { x: "step", y: "loss", stroke: blue, strokeWidth: 2.2 })),
    ],
  });
}

interface Cell {
  readonly truth: number;
  readonly predicted: number;
  readonly count: number;
  /** Of the images of this truth. */
  readonly share: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/**
 * How often each digit was read as each digit: `counts[truth][predicted]`, as a heat map with its numbers, shaded by the
 * share of the row, and the share read correctly beside each row.
 *
 * @example
 * confusionMatrix([[9, 1], [0, 10]]); // "<svg …"
 */
export function confusionMatrix(counts: readonly (readonly number[])[]): string {
  const totals = counts.map(sum);
  const right = sum(counts.map((row, digit) => row[digit]));
  const all = sum(totals);
  const cells = counts.flatMap((row, truth) =>
    row.map((count, predicted): Cell => ({ truth, predicted, count, share: totals[truth] === 0 ? 0 : count / totals[truth] })),
  );
  const recall = cells.filter(({ truth, predicted }) => truth === predicted);
  const digits = counts.map((_, digit) => digit);
  const place = { x: "predicted", y: "truth" } as const;
  const text = (dark: boolean): Plot.Markish =>
    Plot.text(
      cells.filter(({ count, share }) => count > 0 && share > 0.25 === dark),
      { ...place, text: ({ count }: Cell) => show(count), fill: dark ? "white" : ink, fontSize: 13, fontWeight: dark ? 600 : 400 },
    );
  return render({
    width: 640,
    height: 660,
    title: "Confusion matrix",
    subtitle: `${show(right)} of ${show(all)} held-out digits read correctly${all === 0 ? "" : ` (${percent(right / all)})`}`,
    margins: { top: 96, right: 84, bottom: 64, left: 64 },
    options: {
      x: { type: "band", domain: digits, padding: 0.04 },
      y: { type: "band", domain: digits, padding: 0.04 },
      // The root of the share, so that single mistakes beside hundreds of hits are still seen.
      color: { type: "sqrt", domain: [0, 1], scheme: "blues" },
    },
    marks: [
      Plot.axisX({ ...centred, label: "Read as", labelOffset: 46, tickSize: 0, fontSize: 14 }),
      Plot.axisY({ ...centred, label: "Truth", labelOffset: 46, tickSize: 0, fontSize: 14 }),
      Plot.cell(cells, { ...place, fill: "share", rx: 3 }),
      text(true),
      text(false),
      Plot.text(recall, {
        y: "truth",
        text: ({ share }: Cell) => percent(share),
        frameAnchor: "right",
        textAnchor: "start",
        dx: 10,
        fill: green,
      }),
      Plot.text(["correct"], { frameAnchor: "top-right", textAnchor: "start", lineAnchor: "bottom", dx: 10, dy: -6, fill: green }),
    ],
  });
}

/** An image of 0…1 as a PNG in a data URI. */
function pngOf(image: Float32Array): string {
  const data = Uint8Array.from(image, (grey) => Math.round(255 * Math.min(1, Math.max(0, grey))));
  const png = encode({ width: SIDE, height: SIDE, data, channels: 1, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

const LIMIT = 36;

/**
 * A picture of the first 36 misread digits of `images` (784 pixels each, from 0 to 1), each above its truth and what it
 * was read as.
 *
 * @example
 * misread(digits.test.images, digits.test.labels, predicted); // "<svg …"
 */
export function misread(images: Float32Array, truth: ArrayLike<number>, predicted: ArrayLike<number>): string {
  const wrong = Array.from({ length: truth.length }, (_, i) => i).filter((i) => truth[i] !== predicted[i]);
  const shown = wrong.slice(0, LIMIT);
  const columns = Math.max(4, Math.ceil(Math.sqrt(shown.length * 2.25)));
  const rows = Math.max(1, Math.ceil(shown.length / columns));
  const pictures = shown.map((i, place) => ({
    column: place % columns,
    row: Math.floor(place / columns),
    source: pngOf(images.subarray(i * PIXELS, (i + 1) * PIXELS)),
    truth: truth[i],
    predicted: predicted[i],
  }));
  const [cell, picture] = [{ width: 84, height: 104 }, 72];
  const place = { x: "column", y: "row" } as const;
  const label = { ...place, dy: 36, fontSize: 14, fontWeight: 600 } as const;
  const margins = { top: 84, right: 24, bottom: 24, left: 24 };
  return render({
    width: margins.left + margins.right + cell.width * columns,
    height: margins.top + margins.bottom + cell.height * rows,
    title: wrong.length === 0 ? "No digit misread" : "Misread digits: truth → read as",
    subtitle: `${show(wrong.length)} of ${show(truth.length)} held out${wrong.length > LIMIT ? `, the first ${LIMIT}` : ""}`,
    margins,
    options: {
      x: { type: "band", domain: Array.from({ length: columns }, (_, i) => i), padding: 0 },
      y: { type: "band", domain: Array.from({ length: rows }, (_, i) => i), padding: 0 },
    },
    marks: [
      Plot.image(pictures, { ...place, src: "source", width: picture, height: picture, dy: -14, imageRendering: "pixelated" }),
      Plot.text(pictures, { ...label, text: "truth", dx: -18, fill: green }),
      Plot.text(pictures, { ...label, text: () => "→", fontWeight: 400, fill: faint }),
      Plot.text(pictures, { ...label, text: "predicted", dx: 18, fill: red }),
    ],
  });
}
