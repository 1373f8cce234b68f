// The typed errors of the public API. Each message says what was expected, what was given and what to do; the class says
// which kind of mistake it is, so that callers can tell a bad shape from a lost device without reading text.

/** The base of every error that wgrad throws on purpose. */
export class WgradError extends Error {
  override name = 'WgradError'
}

/** Shapes that do not fit together, an axis out of range, or a size that cannot be. */
export class ShapeError extends WgradError {
  override name = 'ShapeError'
}

/** A dtype that an operation does not take, or that the device does not have. */
export class DTypeError extends WgradError {
  override name = 'DTypeError'
}

/** An option or argument outside its documented range. */
export class ArgumentError extends WgradError {
  override name = 'ArgumentError'
}

/** A tensor used where it cannot be: outside its trace, after donation or disposal, or as a JavaScript number. */
export class TensorUseError extends WgradError {
  override name = 'TensorUseError'
}

/** A path through which no derivative flows although one was asked for. */
export class DifferentiationError extends WgradError {
  override name = 'DifferentiationError'
}

/** No device of the requested kind, or one that refused a request (memory, limits, a shader). */
export class DeviceError extends WgradError {
  override name = 'DeviceError'
}

/** The device was lost while it was in use. */
export class DeviceLostError extends DeviceError {
  override name = 'DeviceLostError'
}

/** Where a value turned NaN or infinite. */
export interface NonFiniteOrigin {
  /** The operation; null when no single one made it of finite inputs (they held it already, or only the fused program has it). */
  readonly operation: string | null
  /** `file:line:column` of the code that called the operation; null when it is not known. */
  readonly location: string | null
  /** Dtypes and shapes of the operation's inputs, such as `float32[32, 10]`. */
  readonly inputs: readonly string[]
  /** Dtype and shape of its result. */
  readonly output: string | null
  /** The result of the compiled function or of the read value in which it was found. */
  readonly foundIn: string
}

/** A value that turned NaN or infinite while `debug.nans(true)` was on. */
export class NonFiniteError extends WgradError {
  override name = 'NonFiniteError'
  readonly origin: NonFiniteOrigin

  constructor(message: string, origin: NonFiniteOrigin) {
    super(message)
    this.origin = origin
  }
}

/** A data file or source that is missing, unreachable, truncated, corrupt or mismatched. */
export class DataError extends WgradError {
  override name = 'DataError'
}

/** A fault of wgrad itself: an invariant between two stages does not hold. */
export class InternalError extends WgradError {
  override name = 'InternalError'
}
