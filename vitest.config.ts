import { defineConfig } from "vitest/config";

const deep = process.env["COTANGENT_DEEP"] === "1";

// Tests through the public entries, which change nothing that other files could see (test/together.ts makes sure): loading the
// library anew for each of these files would take longer than many of them. All others have a process of their own.
const together = ["examples", "lax", "nn", "numpy", "optim", "random", "special", "systems", "train"].map(
  (folder) => `test/${folder}/**/*.test.ts`,
);

export default defineConfig({
  // `cotangent` and its subpaths mean the sources in src/, by the `paths` of tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    environment: "node",
    // Processes rather than threads: the runtime sets V8 flags and starts worker threads of its own.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: deep ? 600_000 : 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: "alone", include: ["test/**/*.test.ts"], exclude: together } },
      { extends: true, test: { name: "together", include: together, isolate: false, setupFiles: ["test/together.ts"] } },
    ],
  },
});
