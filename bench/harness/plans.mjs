// What is measured by default: the workloads, the engines that make sense for each, batch sizes and tolerances.

/** Every engine that can be measured, in the order of the tables. */
export const engineIds = [
  'wgrad-webgpu',
  'wgrad-webgpu-visible',
  'wgrad-cpu',
  'yardstick-webgpu',
  'jaxjs-webgpu',
  'tfjs-webgpu',
  'tfjs-webgl',
  'jaxjs-wasm',
  'tfjs-wasm',
  'tfjs-cpu',
  'pytorch-cpu',
]

/** Slow steps: fewer of them in the check, and time for all rounds. */
const slow = { checkSteps: 2, roundsSeconds: 200 }

const gpus = ['wgrad-webgpu', 'wgrad-cpu', 'jaxjs-webgpu', 'tfjs-webgpu']
const everyPeer = [...gpus, 'jaxjs-wasm', 'tfjs-wasm', 'tfjs-cpu']
const largeMlp = [...everyPeer.filter((id) => id !== 'tfjs-cpu'), 'pytorch-cpu']
const models = [...gpus, 'jaxjs-wasm']

/**
 * By name: the `kind` of run; its `engines`, with `quickEngines` where `--quick` has fewer; for training the `batches`, the
 * `steps` and `tolerance` of the check (against `reference`, or among the engines), and the `count` of samples;
 * `quick` changes the budget of a quick run where steps take seconds.
 */
export const plans = {
  mlp: {
    kind: 'training',
    engines: [...everyPeer, 'tfjs-webgl', 'wgrad-webgpu-visible', 'yardstick-webgpu', 'pytorch-cpu'],
    quickEngines: everyPeer,
    batches: [1, 8, 32, 128, 512, 2048, 8192],
    steps: 20,
    reference: true,
    // float32 engines that sum in different orders differ by about 1e-6 after 20 steps; 1e-4 leaves room for devices whose
    // exp and log are approximate, and is far below what a wrong gradient or a batch read twice does (1e-2 and more)
    tolerance: 1e-4,
    count: 16384,
  },
  'mlp-large': {
    kind: 'training',
    engines: [...largeMlp, 'tfjs-webgl'],
    quickEngines: largeMlp,
    batches: [32, 128],
    steps: 3,
    reference: true,
    tolerance: 1e-4,
    count: 16384,
    quick: slow,
  },
  cnn: {
    kind: 'training',
    engines: [...models, 'pytorch-cpu', 'tfjs-webgl'],
    quickEngines: [...models, 'pytorch-cpu'],
    batches: [32, 128],
    steps: 3,
    // Adam divides by the root of a gradient's square, so that rounding in tiny gradients shows
    tolerance: 1e-3,
    count: 4096,
    quick: slow,
  },
  transformer: {
    kind: 'training',
    engines: [...models, 'tfjs-webgl'],
    quickEngines: models,
    batches: [4],
    steps: 3,
    tolerance: 1e-3,
    count: 512,
    quick: slow,
  },
  matmul: {
    kind: 'matmul',
    engines: [
      'wgrad-webgpu',
      'yardstick-webgpu',
      'jaxjs-webgpu',
      'tfjs-webgpu',
      'tfjs-webgl',
      'wgrad-cpu',
      'jaxjs-wasm',
      'tfjs-wasm',
    ],
    quickEngines: ['wgrad-webgpu', 'yardstick-webgpu', 'jaxjs-webgpu', 'tfjs-webgpu'],
    quick: slow,
  },
  cold: { kind: 'cold', engines: [...gpus, 'jaxjs-wasm', 'tfjs-cpu'], quickEngines: gpus },
  mnist: { kind: 'mnist', engines: gpus, quickEngines: ['wgrad-webgpu', 'jaxjs-webgpu'] },
  memory: { kind: 'memory', engines: ['wgrad-webgpu'] },
  encode: { kind: 'encode', engines: ['wgrad-webgpu'] },
  live: { kind: 'live', engines: ['wgrad-webgpu'] },
}

const matmul = (name, m, k, n, transposeA = false, transposeB = false) => ({ name, m, k, n, transposeA, transposeB })

/** The matrix products; `--quick` leaves out the largest. */
export function matmulCases(quick) {
  const squares = [256, 512, 1024, ...(quick ? [] : [2048])]
  return [
    ...squares.map((side) => matmul(`${side}x${side}x${side}`, side, side, side)),
    matmul('128x784x128', 128, 784, 128),
    matmul('784x128x128 TN', 784, 128, 128, true),
    matmul('128x128x784 NT', 128, 128, 784, false, true),
    matmul('128x128x10', 128, 128, 10),
  ]
}
