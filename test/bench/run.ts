// Measures one row in this process and prints its figures as one line of JSON: run.js ID SETTINGS.

import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Settings, Workload } from "./workload.js";

const [id, settings] = process.argv.slice(2);
const { workload } = (await import(`./workloads/${id}${extname(fileURLToPath(import.meta.url))}`)) as { readonly workload: Workload };
console.log(JSON.stringify(await workload.measure(JSON.parse(settings) as Settings)));
