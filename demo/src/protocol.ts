// What the page and its Worker say to each other: commands go in (SessionApi, through comlink), events come out.
// Only plain data crosses; tensors, devices and trainers stay in the Worker.

import type { TrainReport } from 'wgrad'
import type { Settings } from './settings.ts'

/** Where a session stands. `ready`: a trainer exists and no step was taken. `finished`: the asked epochs are done. */
export type SessionState = 'empty' | 'preparing' | 'ready' | 'running' | 'paused' | 'finished'

/** How many test images the page is given to show, and has classified again as training goes on. */
export const SHOWN_IMAGES = 128

/** What a prepared session is: what it runs on, what it trains with, and the step it compiled. */
export interface Prepared {
  readonly settings: Settings
  readonly device: { readonly kind: string; readonly name: string; readonly software: boolean }
  readonly dataset: {
    readonly name: string
    readonly source: string
    readonly trainCount: number
    readonly testCount: number
  }
  /** uint8 [n, 28, 28]: the first n test images, n <= SHOWN_IMAGES. */
  readonly images: Uint8Array
  /** uint8 [n]: their digits. */
  readonly labels: Uint8Array
  readonly program: string
}

/** The accuracy and mean loss over the whole test set, at a step. */
export interface Evaluation {
  readonly step: number
  readonly epoch: number
  readonly accuracy: number
  readonly loss: number
  readonly count: number
}

/** What the Worker tells the page, in the order in which it happens. */
export type SessionEvent =
  | { readonly type: 'state'; readonly state: SessionState }
  | { readonly type: 'work'; readonly text: string; readonly fraction?: number }
  | { readonly type: 'prepared'; readonly prepared: Prepared }
  | { readonly type: 'report'; readonly report: TrainReport<'accuracy'> }
  | { readonly type: 'evaluation'; readonly evaluation: Evaluation }
  | { readonly type: 'answers'; readonly digits: Uint8Array }
  | { readonly type: 'failure'; readonly text: string }

/** A file by its standard name, as read by the page. */
export interface NamedBytes {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The Worker's commands. All of them reject with an error whose message can be shown as it is. */
export interface SessionApi {
  /** Sets the one listener of this session. */
  listen(listener: (event: SessionEvent) => void): void
  /** Makes a new trainer with these settings. When it fails, the one that was there stays, paused. */
  prepare(settings: Settings): Promise<void>
  /** Starts or resumes; resolves when training is under way, not when it ends. */
  start(epochs: number): Promise<void>
  /** Stops after the steps that are already submitted, then evaluates. */
  pause(): Promise<void>
  /** Takes one step, then evaluates. */
  step(): Promise<void>
  /** Sets the learning rate of the next step. */
  setLearningRate(value: number): Promise<void>
  /** Tells whether the page can be seen: a Worker cannot know, and trains in larger pieces while nobody looks. */
  setVisible(visible: boolean): Promise<void>
  /** The ten probabilities of one image, uint8 [28, 28]. */
  predict(pixels: Uint8Array): Promise<number[]>
  /** Reads the four MNIST files; `settings.dataset: 'files'` then trains on them. */
  useFiles(files: NamedBytes[]): Promise<void>
}
