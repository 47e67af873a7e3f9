// What computes the cases of optimizers.json (Optax's names) and torch-optimizers.json (PyTorch's). Attributes are read in
// either spelling, weightDecay or weight_decay; a name such as chain(clip(0.1),sgd) states its numbers itself.

import * as np from "../../src/numpy/index.js";
import * as optim from "../../src/optim/index.js";
import type { Attrs } from "./attrs.js";
import { type AnyDriven, type Optimizers, type Params, driven } from "./optimizers.js";

/** A gradient transformation as the harness drives it. */
const transformation = <State>(t: optim.GradientTransformation<Params, State>): AnyDriven =>
  driven<State>({
    init: (params) => t.init(params),
    step: (grads, state, params) => {
      const [updates, next] = t.update(grads, state, params);
      return [optim.applyUpdates(params, updates), next];
    },
  });

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The numbers among the attributes by these names, under those of the options. */
function numbersOf<Option extends string>(attrs: Attrs, names: Readonly<Record<string, Option>>): { [K in Option]?: number };
function numbersOf(attrs: Attrs, names: Readonly<Record<string, string>>): Record<string, number> {
  const present = Object.entries(names).flatMap(([name, option]): [string, number][] => {
    const spelling = [name, snake(name)].find((spelled) => attrs.has(spelled));
    return spelling === undefined ? [] : [[option, attrs.number(spelling)]];
  });
  return Object.fromEntries(present);
}

/** The same for names that are those of the options. */
const given = <Name extends string>(attrs: Attrs, ...names: readonly Name[]): { [K in Name]?: number } =>
  numbersOf<Name>(attrs, Object.fromEntries(names.map((name) => [name, name])) as Record<Name, Name>);

const rateOf = (attrs: Attrs): number => attrs.number(attrs.has("learning_rate") ? "learning_rate" : "learningRate");
const moments = (attrs: Attrs) => ({ learningRate: rateOf(attrs), ...given(attrs, "b1", "b2", "eps", "epsRoot") });
const nesterov = (attrs: Attrs): { nesterov: boolean } => ({ nesterov: attrs.booleanOr("nesterov", false) });
const decay = (attrs: Attrs): { weightDecay?: number } => given(attrs, "weightDecay");

const optaxOptimizers: Readonly<Record<string, (attrs: Attrs) => AnyDriven>> = {
  sgd: (attrs) => transformation(optim.sgd({ learningRate: rateOf(attrs), ...given(attrs, "momentum"), ...nesterov(attrs) })),
  adam: (attrs) => transformation(optim.adam({ ...moments(attrs), ...nesterov(attrs) })),
  adamw: (attrs) => transformation(optim.adamw({ ...moments(attrs), ...decay(attrs), ...nesterov(attrs) })),
  adamax: (attrs) => transformation(optim.adamax({ learningRate: rateOf(attrs), ...given(attrs, "b1", "b2", "eps") })),
  adamaxw: (attrs) => transformation(optim.adamaxw({ learningRate: rateOf(attrs), ...given(attrs, "b1", "b2", "eps"), ...decay(attrs) })),
  nadam: (attrs) => transformation(optim.nadam(moments(attrs))),
  nadamw: (attrs) => transformation(optim.nadamw({ ...moments(attrs), ...decay(attrs) })),
  amsgrad: (attrs) => transformation(optim.amsgrad(moments(attrs))),
  rmsprop: (attrs) =>
    transformation(
      optim.rmsprop({
        learningRate: rateOf(attrs),
        ...given(attrs, "decay", "eps", "initialScale", "momentum"),
        ...nesterov(attrs),
        centered: attrs.booleanOr("centered", false),
      }),
    ),
  adagrad: (attrs) => transformation(optim.adagrad({ learningRate: rateOf(attrs), ...given(attrs, "initialAccumulatorValue", "eps") })),
  adadelta: (attrs) => transformation(optim.adadelta({ learningRate: rateOf(attrs), ...given(attrs, "rho", "eps", "weightDecay") })),
  lion: (attrs) => transformation(optim.lion({ learningRate: rateOf(attrs), ...given(attrs, "b1", "b2", "weightDecay") })),
  lamb: (attrs) => transformation(optim.lamb({ ...moments(attrs), ...decay(attrs) })),
  lars: (attrs) =>
    transformation(
      optim.lars({
        learningRate: rateOf(attrs),
        ...given(attrs, "weightDecay", "trustCoefficient", "eps", "momentum"),
        ...nesterov(attrs),
      }),
    ),
  radam: (attrs) => transformation(optim.radam({ ...moments(attrs), ...given(attrs, "threshold"), ...nesterov(attrs) })),
  yogi: (attrs) => transformation(optim.yogi(moments(attrs))),
  adabelief: (attrs) => transformation(optim.adabelief({ ...moments(attrs), ...nesterov(attrs) })),
  novograd: (attrs) => transformation(optim.novograd({ ...moments(attrs), ...decay(attrs) })),
  sm3: (attrs) => transformation(optim.sm3({ learningRate: rateOf(attrs), ...given(attrs, "momentum") })),
  rprop: (attrs) =>
    transformation(optim.rprop({ learningRate: rateOf(attrs), ...given(attrs, "etaMinus", "etaPlus", "minStepSize", "maxStepSize") })),
  adafactor: (attrs) =>
    transformation(
      optim.adafactor({
        learningRate: rateOf(attrs),
        ...given(attrs, "minDimSizeToFactor", "decayRate", "clippingThreshold", "momentum", "weightDecayRate", "eps"),
      }),
    ),
  "ema-of-updates": (attrs) =>
    transformation(
      optim.chain(optim.ema({ decay: attrs.numberOr("decay", 0.9) }), optim.sgd({ learningRate: attrs.numberOr("learningRate", 0.03) })),
    ),
};

/** Half a cosine from `initial` down to 0 within `steps`, computed in float64. */
const cosineDecay =
  (initial: number, steps: number): optim.Schedule =>
  (step) =>
    np
      .cos(step.astype("float64").div(steps).clip(0, 1).mul(Math.PI))
      .add(1)
      .mul(initial / 2);

/** Optimizers whose names state numbers, `chain(clip(0.1),sgd)`: a pattern, and what its groups make. */
const composed: readonly (readonly [RegExp, (attrs: Attrs, ...numbers: number[]) => AnyDriven])[] = [
  [
    /^chain\(clipByGlobalNorm\(([^)]+)\),adam\)$/,
    (attrs, norm) =>
      transformation(optim.chain(optim.clipByGlobalNorm(norm), optim.adam({ learningRate: attrs.numberOr("learningRate", 0.03) }))),
  ],
  [
    /^chain\(clip\(([^)]+)\),sgd\)$/,
    (attrs, bound) => transformation(optim.chain(optim.clip(bound), optim.sgd({ learningRate: attrs.numberOr("learningRate", 0.1) }))),
  ],
  [
    /^sgd\(cosineDecay\(([^,]+),([^)]+)\)\)$/,
    (_, initial, steps) => transformation(optim.sgd({ learningRate: cosineDecay(initial, steps) })),
  ],
  [
    /^multiSteps\(adam,(\d+)\)$/,
    (attrs, every) =>
      transformation(optim.multiSteps(optim.adam({ learningRate: attrs.numberOr("learningRate", 0.03) }), attrs.numberOr("everyK", every))),
  ],
];

function composedBy(name: string): ((attrs: Attrs) => AnyDriven) | undefined {
  for (const [pattern, make] of composed) {
    const numbers = pattern.exec(name)?.slice(1).map(Number);
    if (numbers?.every(Number.isFinite)) return (attrs) => make(attrs, ...numbers);
  }
  return undefined;
}

export const optimizers: Optimizers = (name) => optaxOptimizers[name] ?? composedBy(name);

/** What most of PyTorch's optimizers share. */
const torchMoments = (attrs: Attrs) => {
  const [b1, b2] = attrs.has("betas") ? attrs.numbers("betas") : [];
  return {
    ...(b1 === undefined ? {} : { b1, b2 }),
    ...numbersOf(attrs, { eps: "eps", weight_decay: "l2" }),
    learningRate: attrs.number("lr"),
  };
};

const torch: Readonly<Record<string, (attrs: Attrs) => AnyDriven>> = {
  SGD: (attrs) =>
    transformation(
      optim.sgd({
        learningRate: attrs.number("lr"),
        ...numbersOf(attrs, { momentum: "momentum", dampening: "dampening", weight_decay: "l2" }),
        ...nesterov(attrs),
      }),
    ),
  Adam: (attrs) =>
    attrs.booleanOr("amsgrad", false)
      ? transformation(optim.amsgrad({ ...torchMoments(attrs), correctSquares: "after" }))
      : transformation(optim.adam(torchMoments(attrs))),
  AdamW: (attrs) => {
    const { l2 = 0.01, ...rest } = torchMoments(attrs);
    return transformation(optim.adamw({ ...rest, weightDecay: l2 }));
  },
  RMSprop: (attrs) =>
    transformation(
      optim.rmsprop({
        learningRate: attrs.number("lr"),
        decay: 0.99,
        ...numbersOf(attrs, { alpha: "decay", eps: "eps", momentum: "momentum", weight_decay: "l2" }),
        centered: attrs.booleanOr("centered", false),
        epsInRoot: false,
      }),
    ),
  Adagrad: (attrs) =>
    transformation(
      optim.adagrad({
        learningRate: attrs.number("lr"),
        initialAccumulatorValue: 0,
        eps: 1e-10,
        ...numbersOf(attrs, {
          lr_decay: "rateDecay",
          initial_accumulator_value: "initialAccumulatorValue",
          eps: "eps",
          weight_decay: "l2",
        }),
        epsInRoot: false,
      }),
    ),
  Adadelta: (attrs) =>
    transformation(
      optim.adadelta({ learningRate: attrs.number("lr"), ...numbersOf(attrs, { rho: "rho", eps: "eps", weight_decay: "weightDecay" }) }),
    ),
  Adamax: (attrs) => transformation(optim.adamax(torchMoments(attrs))),
  NAdam: (attrs) =>
    transformation(optim.nadam({ ...torchMoments(attrs), momentumDecay: 0.004, ...numbersOf(attrs, { momentum_decay: "momentumDecay" }) })),
  RAdam: (attrs) => transformation(optim.radam({ ...torchMoments(attrs), epsBeforeCorrection: true })),
  Rprop: (attrs) => {
    const [etaMinus, etaPlus] = attrs.has("etas") ? attrs.numbers("etas") : [0.5, 1.2];
    const [minStepSize, maxStepSize] = attrs.has("step_sizes") ? attrs.numbers("step_sizes") : [1e-6, 50];
    return transformation(optim.rprop({ learningRate: attrs.number("lr"), etaMinus, etaPlus, minStepSize, maxStepSize, delayed: false }));
  },
};

export const torchOptimizers: Optimizers = (name) => torch[name];
