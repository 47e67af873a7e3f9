import { corridor, valueOf } from "./corridor.js";
for (const [n, s] of [["base", {theta: 2**-9, w: 2**-6}], ["plain", {theta: 2**-13, w: 0}]] as const) {
  const t = performance.now();
  const { returns, goesRight } = corridor(s, { runs: 100, episodes: 1000, seed: 0 });
  const r = [...returns.toTypedArray()];
  console.log(n, performance.now() - t, [0,1,10,50,100,200,500].map(i => r[i].toFixed(1)).join(" "), r.slice(-100).reduce((a: number,b: number)=>a+b)/100, goesRight.mean().item(), valueOf(goesRight).mean().item());
}
