// Runs the library in a page of headless Chromium, isolated (threads) and not (one thread), and compares with Node what it
// computes. Needs Debian's chromium, or the browser that COTANGENT_CHROMIUM names; playwright-core is installed when it is
// first wanted, into this folder.

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "../bench/build.js";
import { install } from "../bench/peers.js";
import type { Result } from "./steps.js";

/** As much of playwright-core as is used here; it is not there when this file is type-checked. */
interface Playwright {
  readonly chromium: {
    launchPersistentContext(
      folder: string,
      options: { executablePath: string; headless: boolean; args: readonly string[] },
    ): Promise<{ newPage(): Promise<Page>; close(): Promise<void> }>;
  };
}

interface Page {
  on(event: "pageerror", f: (error: Error) => void): void;
  goto(url: string): Promise<unknown>;
  waitForFunction(text: string, argument: undefined, options: { timeout: number }): Promise<unknown>;
  evaluate<T>(text: string): Promise<T>;
  close(): Promise<void>;
}

/** What the page leaves behind. */
interface Report extends Result {
  readonly isolated: boolean;
  readonly workers: number;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = join(root, "test", "browser");
const browser = [process.env["COTANGENT_CHROMIUM"], "/usr/bin/chromium", "/usr/bin/chromium-browser"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Counts the workers that the library starts. */
const page = (steps: string): string => `<!doctype html>
<meta charset="utf-8">
<link rel="icon" href="data:,">
<script>
  let workers = 0;
  window.Worker = class extends Worker { constructor(url) { super(url); workers++; } };
</script>
<script type="importmap">{ "imports": { "cotangent": "/dist/index.js" } }</script>
<script type="module">
  try {
    const { run } = await import(${JSON.stringify(steps)});
    const result = await run();
    window.report = { ...result, isolated: crossOriginIsolated, workers };
  } catch (error) {
    window.report = { failed: String(error?.stack ?? error) };
  }
</script>`;

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** Serves the built library and the steps; with `isolated`, pages may share memory with workers. */
function serve(isolated: boolean, steps: string): Promise<{ readonly server: Server; readonly url: string }> {
  const headers = isolated ? { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" } : {};
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    if (path === sep) return void response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(page(steps));
    void readFile(join(root, path)).then(
      (bytes) => response.writeHead(200, { ...headers, "Content-Type": types[extname(path)] ?? "application/octet-stream" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({ server, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}/` });
    });
  });
}

async function inPage(playwright: Playwright, executablePath: string, isolated: boolean, steps: string): Promise<Report> {
  const { server, url } = await serve(isolated, steps);
  const folder = await mkdtemp(join(tmpdir(), "cotangent-chromium-"));
  const args = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  const context = await playwright.chromium.launchPersistentContext(folder, { executablePath, headless: true, args });
  try {
    const tab = await context.newPage();
    tab.on("pageerror", (error) => console.error(`page: ${error.message}`));
    await tab.goto(url);
    await tab.waitForFunction("window.report !== undefined", undefined, { timeout: 120_000 });
    const report = await tab.evaluate<Report & { readonly failed?: string }>("window.report");
    if (report.failed !== undefined) throw new Error(`the page failed: ${report.failed}`);
    return report;
  } finally {
    await context.close();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Losses of a page and of Node agree: to the bit where both have the same vector instructions, else by rounding. */
function compare(kind: string, expected: Result, { losses, fastest, isolated, workers }: Report): boolean {
  let good = isolated === (kind === "isolated") && (kind === "isolated") === workers > 0;
  if (!good) console.log(`${kind}: crossOriginIsolated is ${isolated}, ${workers} workers were started`);
  for (const [name, values] of Object.entries(expected.losses)) {
    const worst = Math.max(...values.map((value, i) => Math.abs(losses[name][i] - value) / Math.abs(value)));
    const agrees = worst < 1e-5;
    good &&= agrees;
    const verdict = worst === 0 ? "the bits of Node's" : `within ${worst.toExponential(1)} of Node's`;
    const times = `${fastest[name].toFixed(3)} ms a step, Node ${expected.fastest[name].toFixed(3)} ms`;
    console.log(`${agrees ? "ok" : "FAILED"}: ${kind} page, ${name}: ${values.length} losses, ${verdict}; ${workers} workers; ${times}`);
  }
  return good;
}

async function main(): Promise<void> {
  if (browser === undefined) throw new Error("no Chromium: install Debian's package chromium, or name a browser in COTANGENT_CHROMIUM");
  const complaint = install(here, "playwright-core");
  if (complaint !== undefined) throw new Error(complaint);
  const playwright = (await import(pathToFileURL(join(here, "node_modules", "playwright-core", "index.mjs")).href)) as Playwright;
  const steps = join(build(root), "..", "browser", "steps.js");
  const expected = await ((await import(pathToFileURL(steps).href)) as { run(): Promise<Result> }).run();
  const path = `/${steps.slice(root.length).split(sep).join("/")}`;
  const verdicts: boolean[] = [];
  for (const kind of ["plain", "isolated"])
    verdicts.push(compare(kind, expected, await inPage(playwright, browser, kind === "isolated", path)));
  if (verdicts.includes(false)) process.exitCode = 1;
}

await main();
