// A device that can be asked what would be run on it, without running it: so the memory report and the profiler see the programs
// behind replays, with the buffers and arguments of the step at hand.

import type { ArgumentRow, Bindings, Executable } from '../backend/backend.ts'
import type { Program } from '../compiler/program.ts'
import type { RuntimeDevice } from '../runtime/device.ts'

/** One run of a program. */
export interface Call {
  readonly executable: Executable
  readonly bindings: Bindings
  readonly row: ArgumentRow
}

/** A device seen through a tap. */
export interface Tap {
  /** The same device; programs that are prepared for it are seen. */
  readonly device: RuntimeDevice
  /** All programs prepared so far. */
  readonly programs: () => readonly Program[]
  /** What `task` asks to be run, in order. Nothing is run. */
  readonly callsOf: (task: () => void) => readonly Call[]
}

/** Puts a tap on a device. */
export function tapDevice(device: RuntimeDevice): Tap {
  const programs: Program[] = []
  let caught: Call[] | null = null
  const prepare = async (program: Program): Promise<Executable> => {
    const executable = await device.backend.prepare(program)
    programs.push(program)
    return {
      ...executable,
      run: (bindings, rows) => {
        if (caught === null) executable.run(bindings, rows)
        else caught.push(...rows.map((row) => ({ executable, bindings, row })))
      },
    }
  }
  return {
    device: { ...device, backend: { ...device.backend, prepare } },
    programs: () => programs,
    callsOf: (task) => {
      const calls: Call[] = []
      caught = calls
      try {
        task()
      } finally {
        caught = null
      }
      return calls
    },
  }
}
