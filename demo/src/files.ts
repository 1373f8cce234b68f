// Files dropped on the page or opened by the button enter; the four files of MNIST leave, under their standard names.
// They may come one by one; what is missing or unknown leaves as one sentence. What is in them, the Worker checks.

import { element } from './dom.ts'
import type { NamedBytes } from './protocol.ts'

/** What happens with files. */
export interface FilesListener {
  /** All four are there; answers whether they could be read. Where not, they stay, so that one can be replaced. */
  complete(files: NamedBytes[]): Promise<boolean>
  /** A sentence for the reader: files are missing, unknown or cannot be read. */
  notice(text: string): void
}

const PARTS = ['train-images', 'train-labels', 't10k-images', 't10k-labels'] as const
type Part = (typeof PARTS)[number]

const LARGEST = 64 * 1024 * 1024 // the largest of the four is 47 MB; nothing bigger is read

function standardName(part: Part, gzipped: boolean): string {
  return `${part}-idx${part.endsWith('images') ? 3 : 1}-ubyte${gzipped ? '.gz' : ''}`
}

/** Which of the four files a file name means: `train-images-idx3-ubyte.gz`, `train-images.idx3-ubyte`, and the like. */
export function partOf(name: string): { part: Part; name: string } | undefined {
  const match = /^(train|t10k)-(images|labels)[-.]idx([13])[-.]ubyte(\.gz)?$/i.exec(name)
  const part = PARTS.find((candidate) => candidate === `${match?.[1]}-${match?.[2]}`.toLowerCase())
  return part && { part, name: standardName(part, match?.[4] !== undefined) }
}

/** Lets files be dropped anywhere on the page and opened by `#files`. */
export function acceptFiles(listener: FilesListener): void {
  const found = new Map<Part, NamedBytes>()

  const receive = async (files: readonly File[]): Promise<void> => {
    const unknown: string[] = []
    for (const file of files) {
      const known = partOf(file.name)
      if (!known) unknown.push(file.name)
      else if (file.size > LARGEST) return listener.notice(`${file.name} is far larger than MNIST's, and was not read.`)
      else found.set(known.part, { name: known.name, bytes: await bytesOf(file) })
    }
    const missing = PARTS.filter((part) => !found.has(part)).map((part) => standardName(part, false))
    if (unknown.length === files.length) {
      const wanted = PARTS.map((part) => standardName(part, false))
      const verb = unknown.length === 1 ? 'is not a file' : 'are not files'
      listener.notice(`${list(unknown)} ${verb} of MNIST: expected ${list(wanted)}, gzipped (.gz) or not.`)
    } else if (missing.length > 0) {
      listener.notice(`${found.size} of the 4 MNIST files are here; still missing: ${list(missing)}.`)
    } else if (await listener.complete([...found.values()])) found.clear()
  }
  const accept = (files: FileList | null | undefined): void => {
    if (!files || files.length === 0) return
    receive([...files]).catch(() =>
      listener.notice('These files could not be read; a folder cannot be: drop the four files in it.'),
    )
  }

  const input = element('files', HTMLInputElement)
  input.addEventListener('change', () => {
    accept(input.files)
    input.value = ''
  })
  acceptDrops(accept)
}

async function bytesOf(file: File): Promise<Uint8Array> {
  return new Uint8Array(await file.arrayBuffer())
}

function list(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '')
}

function acceptDrops(accept: (files: FileList | undefined) => void): void {
  const cover = element('drop', HTMLElement)
  let depth = 0 // enter and leave come for every element under the pointer
  const carriesFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') ?? false
  const show = (change: number): void => {
    depth = Math.max(0, depth + change)
    cover.hidden = depth === 0
  }
  window.addEventListener('dragenter', (event) => carriesFiles(event) && show(1))
  window.addEventListener('dragleave', (event) => carriesFiles(event) && show(-1))
  window.addEventListener('dragover', (event) => carriesFiles(event) && event.preventDefault())
  window.addEventListener('drop', (event) => {
    if (!carriesFiles(event)) return
    event.preventDefault()
    show(-depth)
    accept(event.dataTransfer?.files)
  })
}
