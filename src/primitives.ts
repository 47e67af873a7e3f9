// Every primitive of the library, in one list: what enters a jaxpr is among these. Tables keyed by `PrimitiveName` (tests,
// lowerings) do not compile while an entry is missing; a test compares the list with the sources.

import type { AnyPrimitive, Primitive } from "./core/primitive.js";
import {
  absP,
  addP,
  ceilP,
  divP,
  floorP,
  integerPowP,
  maxP,
  minP,
  mulP,
  negP,
  remP,
  roundP,
  signP,
  squareP,
  subP,
  truncP,
} from "./ops/arithmetic.js";
import { andP, clzP, notP, orP, populationCountP, shiftLeftP, shiftRightArithmeticP, shiftRightLogicalP, xorP } from "./ops/bitwise.js";
import { optimizationBarrierP } from "./ops/barrier.js";
import { broadcastInDimP, reduceSumP } from "./ops/broadcast.js";
import { nameP } from "./ops/checkpointName.js";
import { eqP, geP, gtP, isFiniteP, leP, ltP, neP } from "./ops/compare.js";
import { convGeneralDilatedP } from "./ops/conv.js";
import { convertElementTypeP } from "./ops/convert.js";
import { cumlogsumexpP, cummaxP, cumminP, cumprodP, cumsumP } from "./ops/cumulative.js";
import { debugCallbackP } from "./ops/debugCallback.js";
import { dotGeneralP } from "./ops/dot.js";
import { dynamicSliceP, dynamicUpdateSliceP } from "./ops/dynamic.js";
import { cbrtP, exp2P, expP, expm1P, log1pP, logP, logisticP, rsqrtP, sqrtP } from "./ops/exponential.js";
import { gatherP, scatterAddP } from "./ops/gather.js";
import { iotaP, reshapeP, revP, squeezeP, transposeP } from "./ops/layout.js";
import { powP } from "./ops/power.js";
import { randomGammaGradP, randomGammaP } from "./ops/randomGamma.js";
import { linearRecurrenceP } from "./ops/recurrence.js";
import { argmaxP, argminP, reduceAndP, reduceMaxP, reduceMinP, reduceOrP, reduceProdP } from "./ops/reduce.js";
import { scatterMaxP, scatterMinP, scatterMulP, scatterP } from "./ops/scatter.js";
import { clampP, selectP } from "./ops/select.js";
import { concatenateP, padP, sliceP } from "./ops/slice.js";
import { sortP, topKP } from "./ops/sort.js";
import { erfInvP, erfP, erfcP, nextAfterP } from "./ops/special.js";
import { stopGradientP } from "./ops/stop.js";
import { threefry2x32P } from "./ops/threefry.js";
import { acosP, acoshP, asinP, asinhP, atan2P, atanP, atanhP, cosP, coshP, sinP, sinhP, tanP, tanhP } from "./ops/trigonometric.js";
import { reduceWindowMaxP, reduceWindowMinP, reduceWindowSumP, selectAndGatherAddP, selectAndScatterAddP } from "./ops/window.js";
import { checkpointP, jitP } from "./transform/calls.js";
import { condP } from "./transform/control/cond.js";
import { scanP } from "./transform/control/scan.js";
import { whileP } from "./transform/control/while.js";
import { customJvpCallP } from "./transform/custom/jvpCall.js";
import { customLinP } from "./transform/custom/linCall.js";
import { customVjpCallP } from "./transform/custom/vjpCall.js";
import { customVmapCallP } from "./transform/custom/vmapCall.js";

/** All primitives, by family. */
export const primitiveList = [
  negP,
  signP,
  absP,
  addP,
  subP,
  mulP,
  divP,
  remP,
  maxP,
  minP,
  powP,
  integerPowP,
  squareP,
  floorP,
  ceilP,
  truncP,
  roundP,
  andP,
  orP,
  xorP,
  notP,
  shiftLeftP,
  shiftRightLogicalP,
  shiftRightArithmeticP,
  populationCountP,
  clzP,
  eqP,
  neP,
  ltP,
  leP,
  gtP,
  geP,
  isFiniteP,
  expP,
  exp2P,
  expm1P,
  logP,
  log1pP,
  logisticP,
  sqrtP,
  rsqrtP,
  cbrtP,
  sinP,
  cosP,
  tanP,
  asinP,
  acosP,
  atanP,
  atan2P,
  sinhP,
  coshP,
  tanhP,
  asinhP,
  acoshP,
  atanhP,
  erfP,
  erfcP,
  erfInvP,
  nextAfterP,
  selectP,
  clampP,
  convertElementTypeP,
  stopGradientP,
  broadcastInDimP,
  reshapeP,
  transposeP,
  squeezeP,
  revP,
  iotaP,
  sliceP,
  padP,
  concatenateP,
  reduceSumP,
  reduceProdP,
  reduceMaxP,
  reduceMinP,
  reduceAndP,
  reduceOrP,
  argmaxP,
  argminP,
  cumsumP,
  cumprodP,
  cummaxP,
  cumminP,
  cumlogsumexpP,
  linearRecurrenceP,
  dotGeneralP,
  convGeneralDilatedP,
  reduceWindowSumP,
  reduceWindowMaxP,
  reduceWindowMinP,
  selectAndGatherAddP,
  selectAndScatterAddP,
  gatherP,
  scatterP,
  scatterAddP,
  scatterMulP,
  scatterMinP,
  scatterMaxP,
  dynamicSliceP,
  dynamicUpdateSliceP,
  sortP,
  topKP,
  threefry2x32P,
  randomGammaP,
  randomGammaGradP,
  jitP,
  checkpointP,
  scanP,
  condP,
  whileP,
  customJvpCallP,
  customVjpCallP,
  customLinP,
  customVmapCallP,
  nameP,
  optimizationBarrierP,
  debugCallbackP,
] as const;

type Listed = (typeof primitiveList)[number];

/** The name of a primitive, as jaxprs print it. */
export type PrimitiveName = Listed["name"];

/** The parameters of the primitive of that name. */
export type ParamsOf<Name extends PrimitiveName> = Extract<Listed, { readonly name: Name }> extends Primitive<string, infer P> ? P : never;

/** The primitive of each name. */
export const primitives = Object.fromEntries(primitiveList.map((p: AnyPrimitive) => [p.name, p])) as Readonly<
  Record<PrimitiveName, AnyPrimitive>
>;
