// Checkpoints: all of a trainer's state as host arrays, with its progress.

import { formatAval, sameAval } from '../core/aval.ts'
import { DataError } from '../core/errors.ts'
import type { HostArray } from '../core/hostArray.ts'
import { flattenTree } from '../core/tree.ts'
import { Tensor } from '../ir/tensor.ts'
import { readData } from '../runtime/host.ts'
import { usableStorage } from '../runtime/storage.ts'
import type { Session } from './session.ts'

/** How far training is. */
export interface Progress {
  readonly step: number
  readonly samples: number
  readonly seconds: number
}

/** A trainer's state on the host. */
export interface Checkpoint {
  readonly format: 'wgrad-checkpoint-1'
  readonly progress: Progress
  /** The identity of the tuning table in use: on with the same table, training goes on to the same bits. Another one works too. */
  readonly tuning: string
  readonly state: Readonly<Record<string, HostArray>>
}

function entriesOf(session: Session): [string, Tensor][] {
  const { leaves, paths } = flattenTree(session.state)
  return leaves.flatMap((leaf, i): [string, Tensor][] => (leaf instanceof Tensor ? [[paths[i]!, leaf]] : []))
}

/** Reads all state back. */
export async function saveState(session: Session, progress: Progress): Promise<Checkpoint> {
  const state: Record<string, HostArray> = {}
  for (const [path, tensor] of entriesOf(session)) {
    state[path] = { shape: tensor.shape, dtype: tensor.dtype, data: await readData(tensor) }
  }
  return { format: 'wgrad-checkpoint-1', progress, tuning: session.tuning().identity, state }
}

/** @throws DataError, with nothing changed, when the checkpoint does not fit. */
export async function loadState(session: Session, checkpoint: Checkpoint): Promise<Progress> {
  if (checkpoint.format !== 'wgrad-checkpoint-1') throw new DataError('load: this is no wgrad checkpoint')
  const entries = entriesOf(session)
  for (const [path, tensor] of entries) {
    const saved = checkpoint.state[path]
    if (saved === undefined)
      throw new DataError(`load: the checkpoint has no ${path}; is it of another model or optimizer?`)
    if (!sameAval(saved, tensor.aval))
      throw new DataError(`load: ${path} is ${formatAval(saved)} in the checkpoint, ${formatAval(tensor.aval)} here`)
  }
  for (const [path, tensor] of entries) {
    session.device.backend.write(usableStorage(tensor, 'load').place!, tensor.aval, checkpoint.state[path]!.data)
  }
  await session.device.backend.idle()
  return checkpoint.progress
}
