import { defineConfig } from "vitest/config";

const deep = process.env["COTANGENT_DEEP"] === "1";

export default defineConfig({
  // `cotangent` and its subpaths mean the sources in src/, by the `paths` of tsconfig.json.
  resolve: { tsconfigPaths: true },
  test: {
    environment: "node",
    include: ["test/**/*.test.ts"],
    // Processes rather than threads: the runtime sets V8 flags and starts worker threads of its own.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: deep ? 600_000 : 60_000,
    hookTimeout: 60_000,
  },
});
