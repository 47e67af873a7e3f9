// Bundles the library into dist/: one file for each public entry of package.json and chunks that they share. A program then
// loads a dozen files instead of hundreds, which is most of what an import costs. Declarations are made by tsc beside them.

import { readFileSync, rmSync } from "node:fs";
import { build } from "esbuild";

interface Manifest {
  readonly engines: { readonly node: string };
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

const { exports, engines } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const entries = Object.values(exports).flatMap((target) => (typeof target === "string" ? [] : [target.default]));

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: Object.fromEntries(
    entries.map((file) => {
      const name = file.replace(/^\.\/dist\/|\.js$/g, "");
      return [name, `src/${name}.ts`];
    }),
  ),
  outdir: "dist",
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "neutral",
  target: ["es2022", `node${engines.node.replace(/[^\d.]/g, "")}`],
  packages: "external",
  external: ["node:*"],
  sourcemap: true,
  logLevel: "warning",
});
