// The hand-written kernels of the MLP step 784-128-10: four dispatches, no shared memory, no barriers. Weights, activations
// and cotangents are rows of vec4; the 10 classes are padded to 12, whose last two weights stay 0.

/** Offsets into `params` and rows of `work`, in vec4. */
export const layout = {
  kernel0: 0,
  bias0: 784 * 32,
  kernel1: 784 * 32 + 32,
  bias1: 784 * 32 + 32 + 128 * 3,
  params: 784 * 32 + 32 + 128 * 3 + 3,
} as const

/** What a step's kernels are generated for. */
export interface StepSizes {
  readonly batchSize: number
  readonly count: number
  readonly learningRate: number
}

const range = (length: number): number[] => Array.from({ length }, (_, index) => index)
const component = (index: number): string => 'xyzw'[index] ?? 'x'

function header({ batchSize, count }: StepSizes): string {
  return `
    struct Progress { cursor: u32, loss: f32 }
    @group(0) @binding(0) var<storage, read> images: array<u32>; // 4 pixels each, 196 a sample
    @group(0) @binding(1) var<storage, read> order: array<u32>;
    @group(0) @binding(2) var<storage, read> labels: array<u32>;
    @group(0) @binding(3) var<storage, read_write> params: array<vec4f>;
    @group(0) @binding(4) var<storage, read_write> work: array<vec4f>;
    @group(0) @binding(5) var<storage, read_write> progress: Progress;
    const BATCH = ${batchSize}u;
    const COUNT = ${count}u;
    const HIDDEN = 0u;                  // work: activations [BATCH, 32]
    const D_HIDDEN = ${batchSize * 32}u; // their masked cotangents [BATCH, 32]
    const D_LOGITS = ${batchSize * 64}u; // dL/dlogits times BATCH [BATCH, 3]; the loss of the row in the last component
    const KERNEL0 = ${layout.kernel0}u;
    const BIAS0 = ${layout.bias0}u;
    const KERNEL1 = ${layout.kernel1}u;
    const BIAS1 = ${layout.bias1}u;`
}

/** hidden = relu(images kernel0 + bias0): a thread has up to 8 rows and 8 columns, a workgroup 4 neighbours in a row. */
export function forwardKernel(sizes: StepSizes): { code: string; workgroups: number } {
  const rows = Math.min(8, sizes.batchSize)
  const products = range(4).flatMap((k) =>
    range(rows).flatMap((r) => [0, 1].map((c) => `a${r}${c} += x${r}.${component(k)} * w${k}${c};`)),
  )
  const code = `${header(sizes)}
    @compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) {
      let column = (id.x & 15u) * 2u;
      let row = (id.x >> 4u) * ${rows}u;
      ${range(rows)
        .map((r) => `let s${r} = order[progress.cursor + row + ${r}u] * 196u;`)
        .join('\n')}
      ${range(rows)
        .flatMap((r) => [0, 1].map((c) => `var a${r}${c} = params[BIAS0 + column + ${c}u];`))
        .join('\n')}
      for (var k = 0u; k < 196u; k++) {
        let w = KERNEL0 + k * 128u + column;
        ${range(4)
          .flatMap((k) => [0, 1].map((c) => `let w${k}${c} = params[w + ${32 * k + c}u];`))
          .join('\n')}
        ${range(rows)
          .map((r) => `let x${r} = unpack4x8unorm(images[s${r} + k]);`)
          .join('\n')}
        ${products.join('\n')}
      }
      let out = HIDDEN + row * 32u + column;
      ${range(rows)
        .flatMap((r) => [0, 1].map((c) => `work[out + ${32 * r + c}u] = max(a${r}${c}, vec4f());`))
        .join('\n')}
    }`
  return { code, workgroups: (sizes.batchSize / rows) * 4 }
}

/** Logits, softmax, cross-entropy, dL/dlogits and the masked cotangent of the hidden layer: one thread per row. */
export function rowKernel(sizes: StepSizes): { code: string; workgroups: number } {
  const size = Math.min(4, sizes.batchSize)
  const code = `${header(sizes)}
    @compute @workgroup_size(${size}) fn main(@builtin(global_invocation_id) id: vec3u) {
      let row = id.x;
      let hidden = HIDDEN + row * 32u;
      var z0 = params[BIAS1];
      var z1 = params[BIAS1 + 1u];
      var z2 = params[BIAS1 + 2u];
      for (var j = 0u; j < 32u; j++) {
        let h = work[hidden + j];
        let w = KERNEL1 + j * 12u;
        ${range(4)
          .flatMap((k) => range(3).map((c) => `z${c} += h.${component(k)} * params[w + ${3 * k + c}u];`))
          .join('\n')}
      }
      z2 = vec4f(z2.xy, -1e30, -1e30);
      let four = max(max(z0, z1), z2);
      let largest = max(max(four.x, four.y), max(four.z, four.w));
      let e0 = exp(z0 - largest);
      let e1 = exp(z1 - largest);
      let e2 = exp(z2 - largest);
      let total = dot(e0 + e1 + e2, vec4f(1));
      let label = vec4u(labels[order[progress.cursor + row]]);
      let t0 = select(vec4f(), vec4f(1), label == vec4u(0, 1, 2, 3));
      let t1 = select(vec4f(), vec4f(1), label == vec4u(4, 5, 6, 7));
      let t2 = select(vec4f(), vec4f(1), label == vec4u(8, 9, 10, 11));
      let own = dot(z0, t0) + dot(z1, t1) + dot(z2, t2);
      let d0 = e0 / total - t0;
      let d1 = e1 / total - t1;
      let d2 = e2 / total - t2;
      let loss = largest + log(total) - own;
      work[D_LOGITS + row * 3u] = d0;
      work[D_LOGITS + row * 3u + 1u] = d1;
      work[D_LOGITS + row * 3u + 2u] = vec4f(d2.xyz, loss);
      let out = D_HIDDEN + row * 32u;
      for (var j = 0u; j < 32u; j++) {
        let w = KERNEL1 + j * 12u;
        let g = vec4f(${range(4)
          .map(
            (k) =>
              `dot(d0, params[w + ${3 * k}u]) + dot(d1, params[w + ${3 * k + 1}u]) + dot(d2, params[w + ${3 * k + 2}u])`,
          )
          .join(',\n')});
        work[out + j] = select(vec4f(), g, work[hidden + j] > vec4f());
      }
    }`
  return { code, workgroups: sizes.batchSize / size }
}

/** Both weight gradients, the bias gradients and the SGD update: 8x8 of the first kernel per thread, then the small ones. */
export function updateKernel(sizes: StepSizes): { code: string; workgroups: number } {
  const rate = sizes.learningRate / sizes.batchSize
  const code = `${header(sizes)}
    const RATE = ${rate.toExponential()};
    fn update_kernel0(id: u32) {
      let column = (id & 15u) * 2u;
      let tile = id >> 4u;
      if (tile >= 98u) { return; }
      ${range(8)
        .flatMap((f) => [0, 1].map((c) => `var a${f}${c} = vec4f();`))
        .join('\n')}
      for (var row = 0u; row < BATCH; row++) {
        let image = order[progress.cursor + row] * 196u + tile * 2u;
        let x0 = unpack4x8unorm(images[image]);
        let x1 = unpack4x8unorm(images[image + 1u]);
        let d0 = work[D_HIDDEN + row * 32u + column];
        let d1 = work[D_HIDDEN + row * 32u + column + 1u];
        ${range(8)
          .flatMap((f) => [0, 1].map((c) => `a${f}${c} += x${f >> 2}.${component(f & 3)} * d${c};`))
          .join('\n')}
      }
      let w = KERNEL0 + tile * 256u + column;
      ${range(8)
        .flatMap((f) => [0, 1].map((c) => `params[w + ${32 * f + c}u] -= RATE * a${f}${c};`))
        .join('\n')}
    }
    fn update_kernel1(unit: u32) {
      var a0 = vec4f();
      var a1 = vec4f();
      var a2 = vec4f();
      for (var row = 0u; row < BATCH; row++) {
        let h = work[HIDDEN + row * 32u + (unit >> 2u)][unit & 3u];
        a0 += h * work[D_LOGITS + row * 3u];
        a1 += h * work[D_LOGITS + row * 3u + 1u];
        a2 += h * work[D_LOGITS + row * 3u + 2u];
      }
      let w = KERNEL1 + unit * 3u;
      params[w] -= RATE * a0;
      params[w + 1u] -= RATE * a1;
      params[w + 2u] -= RATE * vec4f(a2.xy, 0, 0);
    }
    fn update_biases(lane: u32) {
      if (lane >= 35u) { return; }
      let hidden = lane < 32u;
      let first = select(D_LOGITS + lane - 32u, D_HIDDEN + lane, hidden);
      let stride = select(3u, 32u, hidden);
      var a = vec4f();
      for (var row = 0u; row < BATCH; row++) { a += work[first + row * stride]; }
      if (lane == 34u) { a = vec4f(a.xy, 0, 0); }
      params[select(BIAS1 + lane - 32u, BIAS0 + lane, hidden)] -= RATE * a;
    }
    @compute @workgroup_size(64) fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
      if (group.x < 25u) {
        update_kernel0(group.x * 64u + lane);
      } else if (group.x < 27u) {
        update_kernel1((group.x - 25u) * 64u + lane);
      } else {
        update_biases(lane);
      }
    }`
  return { code, workgroups: 28 }
}

/** The mean loss of the batch, and the cursor's way to the next one. */
export function cursorKernel(sizes: StepSizes): { code: string; workgroups: number } {
  const code = `${header(sizes)}
    @compute @workgroup_size(1) fn main() {
      var total = 0.0;
      for (var row = 0u; row < BATCH; row++) { total += work[D_LOGITS + row * 3u + 2u].w; }
      progress.loss = total / f32(BATCH);
      progress.cursor = (progress.cursor + BATCH) % COUNT;
    }`
  return { code, workgroups: 1 }
}
