// Checks that imports inside src/ run one way: reads the sources, prints each import against the table below, exits 1 on any.
// A folder may import itself and the folders listed for it; a folder missing from the table is an error too.
// A row may list only rows above it (checked), so a circle is possible only inside one folder; the linter's import/no-cycle finds those.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

interface Layer {
  /** Folders of src/ that this one may import. */
  readonly may: readonly string[];
  /** Packages that this one may import; `node:` stands for every module of Node. */
  readonly packages?: readonly string[];
}

const functional = ["fp-ts", "immer"];
const program = ["core", "kernels", "tree", "ops"];
const evaluator = [...program, "transform", "interpret", "optimise", "loop", "wasm", "compile", "runtime"];

const layers: Readonly<Record<string, Layer>> = {
  core: { may: [] },
  kernels: { may: ["core"] },
  tree: { may: ["core"], packages: functional },
  ops: { may: ["core", "kernels", "tree"] },
  transform: { may: ["core", "tree", "ops"], packages: functional },
  interpret: { may: ["core", "kernels", "ops"] },
  optimise: { may: ["core", "tree", "ops", "transform"] },
  loop: { may: ["core"] },
  wasm: { may: ["core", "loop"] },
  compile: { may: [...program, "transform", "interpret", "optimise", "loop", "wasm"] },
  runtime: { may: [...program, "transform", "interpret", "optimise", "loop", "wasm", "compile"], packages: ["node:"] },

  lax: { may: evaluator, packages: functional },
  linalg: { may: [...evaluator, "lax"], packages: functional },
  fft: { may: [...evaluator, "lax"], packages: functional },
  numpy: { may: [...evaluator, "lax", "linalg", "fft"], packages: functional },
  special: { may: [...evaluator, "lax", "numpy"], packages: functional },
  random: { may: [...evaluator, "lax", "linalg", "fft", "numpy"], packages: functional },
  nn: { may: [...evaluator, "lax", "linalg", "fft", "numpy", "random"], packages: functional },
  optim: {
    may: [...evaluator, "lax", "linalg", "numpy", "random", "nn"],
    packages: [...functional, "@observablehq/plot", "@xmldom/xmldom"],
  },
  io: { may: ["core", "tree"], packages: ["node:", "fp-ts", "fflate"] },
  train: { may: [...evaluator, "lax", "numpy", "random", "nn", "optim", "io"], packages: functional },
  testing: { may: [...evaluator, "lax", "linalg", "fft", "numpy", "random", "nn"], packages: ["fast-check"] },
};

/** The files directly in src/: they put the library together, so they may import every folder. */
const compositionRoot = ["index.ts", "install.ts", "primitives.ts"];
/** A subpath's face may import the composition root's side effect, so that `cotangent/numpy` works alone. */
const installer = "install.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

const importsOf = (text: string): string[] =>
  [
    /(?:^|;)\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']/gm,
    /(?:^|;)\s*import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']/g,
  ].flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]));

/** What is wrong with where a file stands; undefined when nothing is. */
function misplaced(file: string): string | undefined {
  const [folder, ...below] = file.split("/");
  if (below.length > 0) return folder in layers ? undefined : `the folder ${folder}/ is not in the table of scripts/layers.ts`;
  return compositionRoot.includes(file) ? undefined : `only ${compositionRoot.join(", ")} may stand directly in src/`;
}

/** What is wrong with an import of `target` (a package, or a file relative to src/) from `file`; undefined when nothing is. */
function complaint(file: string, target: string, isPackage: boolean): string | undefined {
  const [folder, ...below] = file.split("/");
  const layer = layers[folder];
  if (layer === undefined) return undefined;
  if (isPackage)
    return (layer.packages ?? []).some((name) => target.startsWith(name)) ? undefined : `${folder}/ may not import this package`;
  const other = target.split("/")[0];
  if (other === folder || layer.may.includes(other)) return undefined;
  if (target === installer && below.join("/") === "index.ts") return undefined;
  return `${folder}/ may import only ${layer.may.join(", ") || "itself"}`;
}

const portable = (path: string): string => path.split(sep).join("/");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" })
  .map(portable)
  .filter((file) => file.endsWith(".ts"))
  .toSorted();

const folders = Object.keys(layers);
for (const [row, folder] of folders.entries()) {
  const below = layers[folder].may.find((other) => !folders.slice(0, row).includes(other));
  if (below !== undefined) throw new Error(`${folder} may import ${below}, which does not stand above it in the table`);
}

let imports = 0;
const against = sources.flatMap((file) =>
  importsOf(readFileSync(join(root, file), "utf8")).flatMap((specifier) => {
    imports++;
    const isPackage = !specifier.startsWith(".");
    const path = join(root, dirname(file), normalize(specifier).replace(/\.js$/, ".ts"));
    const reason = complaint(file, isPackage ? specifier : portable(relative(root, path)), isPackage);
    return reason === undefined ? [] : [`src/${file} imports "${specifier}": ${reason}`];
  }),
);

const strays = sources.flatMap((file) => {
  const reason = misplaced(file);
  return reason === undefined ? [] : [`src/${file}: ${reason}`];
});

const complaints = [...strays, ...against];
for (const line of complaints) console.error(line);
console.log(`layers: ${imports} imports in ${sources.length} files, ${complaints.length} against the layers`);
if (complaints.length > 0 || sources.length === 0) process.exitCode = 1;
